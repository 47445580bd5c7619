// Live refresh: fetch this very page again and swap <main>. Everything works without it.
"use strict";

const PERIOD = 10_000; // milliseconds

async function refresh() {
  // Not while nobody looks, nor while somebody is marking a command to copy it.
  if (document.hidden || !document.getSelection().isCollapsed) return;
  const stale = document.getElementById("stale");
  try {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(PERIOD) });
    if (!answer.ok) throw new Error(answer.statusText);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelector("main").replaceWith(fresh.querySelector("main"));
    document.title = fresh.title;
    stale.hidden = true;
  } catch {
    stale.hidden = false;
  }
}

setInterval(refresh, PERIOD);
document.addEventListener("visibilitychange", refresh);
