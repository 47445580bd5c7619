"""How incidents and reports are worded, for people and for programs."""
