"""Templates of souls and prompts: text with facts put in. What one may say is a short list.

Whoever edits a prompt is no programmer of this process: no call, no import, no attribute but the
facts, nothing that grows. It is checked on the syntax tree, so that a branch that is rarely taken is
judged too, and then tried; the sandbox of jinja2 stands behind it.
"""

from collections.abc import Iterator, Mapping
from types import TracebackType

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from watchdog.config.nearest import did_you_mean
from watchdog.domain.errors import Misconfigured

LONGEST = 12_000  # characters of one rendered text: a small model loses what stands further down

Values = Mapping[str, object]
Shapes = Mapping[str, frozenset[str]]  # the attributes of each variable; none: it is text

_FILTERS = (
    "default",
    "first",
    "join",
    "last",
    "length",
    "lower",
    "replace",
    "sort",
    "title",
    "trim",
    "upper",
)
_NODES = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Const,
    nodes.If,
    nodes.For,
    nodes.CondExpr,
    nodes.Filter,
    nodes.Test,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Concat,
)
_TRIED = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
_HINT = "a template may use {{ facts }}, if, for, comparisons and the filters " + ", ".join(
    _FILTERS
)


def check_template(text: str, *, where: str, sample: Values, shapes: Shapes) -> frozenset[str]:
    """Return the variables it uses; refuse what could fail, reach out or grow.

    `where` is the file it stands in.

    Raises:
        Misconfigured: names file, line and reason.
    """
    environment = _environment()
    try:
        tree = environment.parse(text, filename=where)
        used = frozenset(meta.find_undeclared_variables(tree))
    except TemplateSyntaxError as error:
        raise _refused(where, error.lineno, error.message or "no template", _HINT) from error
    for line, why, hint in _complaints(tree, used - shapes.keys() | {"self"}, shapes):
        raise _refused(where, line, why, hint)
    try:
        rendered = environment.from_string(tree).render(sample)
    except _TRIED as error:
        raise _refused(where, _line_of(error.__traceback__), str(error), _HINT) from error
    if len(rendered) > LONGEST:
        why = f"{len(rendered)} characters are too many for a small model"
        raise Misconfigured(f"{where}: {why}", hint=f"keep it below {LONGEST}")
    return used


def render(text: str, values: Values) -> str:
    """Fill in a template that was checked.

    Raises:
        Misconfigured: it cannot be filled in with these values.
    """
    try:
        return _environment().from_string(text).render(values).strip()
    except _TRIED as error:
        raise Misconfigured(f"a prompt cannot be written: {error}", hint=_HINT) from error


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=False,  # text for a model; the fence is what sets data apart
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in _FILTERS}
    return environment


def _complaints(
    tree: nodes.Template, unknown: frozenset[str], shapes: Shapes
) -> Iterator[tuple[int, str, str]]:
    """Line, reason and hint of everything that a template may not say."""
    for node in (tree, *tree.find_all(nodes.Node)):
        if isinstance(node, nodes.Name) and node.ctx == "load" and node.name in unknown:
            near = did_you_mean(node.name, shapes) or f"there are: {', '.join(sorted(shapes))}"
            yield node.lineno, f'there is no "{node.name}" here', near
        elif isinstance(node, nodes.Getattr):
            if not (isinstance(node.node, nodes.Name) and node.node.name in unknown):
                yield from _of_attribute(node, shapes)
        elif not isinstance(node, _NODES):
            yield node.lineno, f"{type(node).__name__} is not allowed in a template", _HINT


def _of_attribute(node: nodes.Getattr, shapes: Shapes) -> Iterator[tuple[int, str, str]]:
    owner = node.node.name if isinstance(node.node, nodes.Name) else ""
    known = shapes.get(owner, frozenset())
    if node.attr not in known:
        near = did_you_mean(node.attr, known) or (
            f"{owner} has: {', '.join(sorted(known))}" if known else _HINT
        )
        yield node.lineno, f'there is no ".{node.attr}" here', near


def _line_of(trace: TracebackType | None) -> int:
    """The line of the template in which it failed; jinja2 puts it into the traceback."""
    line = 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _refused(where: str, line: int, why: str, hint: str) -> Misconfigured:
    return Misconfigured(f"{where}:{line}: {why}" if line else f"{where}: {why}", hint=hint)
