// The ledger as an auditor reads it: newest first, every leaf to be opened, every hash to be computed again.

import { h } from "./dom.js";
import { sameDay, shortDate, timeWithSeconds } from "./dates.js";
import { icon } from "./icons.js";

export function ledger(app) {
  const entries = app.state.ledger;
  return [
    integrity(app),
    entries.length === 0
      ? h("div", { class: "empty", key: "empty" }, icon("book", 28), h("strong", null, "Nothing recorded yet"), h("p", null, "Every event, ruling and observation becomes an entry here, and none is ever changed."))
      : h("ol", { class: "entries", key: "entries", "aria-label": "Entries, newest first" }, rows(app, entries)),
  ];
}

function integrity(app) {
  const { verdict, verifying } = app.ui;
  const tone = !verdict ? "" : verdict.ok ? "is-ok" : "is-bad";
  return h(
    "section",
    { class: `card integrity ${tone}`, key: "integrity", "aria-label": "Integrity" },
    h(
      "div",
      { class: "integrity-line" },
      icon(verdict && !verdict.ok ? "warning" : "shield", 22),
      h("p", { "data-testid": "ledger-verdict", role: "status" }, verifying ? "Verifying every entry…" : verdict ? verdict.sentence : "Not verified yet. Verifying reads every entry again and computes the tree’s root."),
      h("button", { type: "button", class: "button button-primary", "data-testid": "ledger-verify", "aria-busy": verifying ? "true" : null, onclick: () => app.verify(false) }, h("span", null, "Verify")),
    ),
    verdict
      ? h(
          "dl",
          { class: "facts facts-tight" },
          h("div", null, h("dt", null, "Entries"), h("dd", { class: "mono" }, String(verdict.size))),
          h("div", null, h("dt", null, "Root"), h("dd", { class: "mono hash" }, verdict.root)),
          verdict.checkpoint ? h("div", { class: "fact-wide" }, h("dt", null, "Checkpoint"), h("dd", null, h("pre", { class: "leaf", tabindex: 0 }, verdict.checkpoint))) : null,
        )
      : null,
  );
}

function rows(app, entries) {
  const out = [];
  let before = null;
  for (const entry of entries) {
    const date = new Date(entry.recorded_at);
    if (!before || !sameDay(before, date)) out.push(h("li", { class: "entries-day", key: `day-${date.toDateString()}` }, shortDate(date)));
    before = date;
    out.push(row(app, entry, date));
  }
  return out;
}

function row(app, entry, date) {
  const open = app.ui.entry === entry.sequence;
  return h(
    "li",
    { class: `entry ${open ? "is-open" : ""}`, key: entry.sequence },
    h(
      "button",
      { type: "button", class: "entry-head", "aria-expanded": open ? "true" : "false", "data-testid": `ledger-entry-${entry.sequence}`, onclick: () => app.openEntry(entry) },
      h("span", { class: "entry-sequence mono" }, String(entry.sequence)),
      h(
        "span",
        { class: "entry-what" },
        h("span", { class: "entry-kind" }, entry.kind),
        h("span", { class: "entry-who" }, [entry.actor, entry.change].filter(Boolean).join(" · ") || "the procedure"),
      ),
      h(
        "span",
        { class: "entry-end" },
        h("time", { class: "entry-time mono", datetime: entry.recorded_at, title: entry.recorded_at }, timeWithSeconds(date)),
        entry.ruling ? h("span", { class: `entry-ruling ${entry.ruling === "refused" ? "is-bad" : "is-ok"}` }, entry.ruling) : null,
      ),
    ),
    open ? detail(app, entry) : null,
  );
}

function detail(app, entry) {
  const checked = app.ui.leafChecks[entry.sequence];
  return h(
    "div",
    { class: "entry-detail", "data-testid": "ledger-leaf" },
    h("p", { class: "entry-label" }, "Leaf hash"),
    h("p", { class: "mono hash" }, entry.leaf_hash),
    checked === undefined
      ? null
      : h("p", { class: checked ? "leaf-check is-ok" : "leaf-check is-bad" }, icon(checked ? "check" : "warning", 16), checked ? "Your browser computed the same hash from this leaf." : "Your browser computed another hash from this leaf."),
    h("p", { class: "entry-label" }, "Leaf ", h("span", null, "indented here; hashed as one line")),
    h("pre", { class: "leaf", tabindex: 0 }, json(entry.leaf)),
  );
}

// Colour keys and values apart without ever parsing into markup.
export function json(text) {
  let pretty;
  try {
    pretty = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return [text];
  }
  return pretty.split("\n").flatMap((line, index) => {
    const [, indent, key, value] = /^(\s*)("(?:[^"\\]|\\.)*":\s)?(.*)$/.exec(line);
    return [index ? "\n" : "", indent, key ? h("span", { class: "leaf-key" }, key) : "", value];
  });
}

// RFC 6962: a leaf is hashed with a zero byte before it. Computed here, so that nobody need believe the server.
export async function leafHash(leaf) {
  if (!globalThis.crypto?.subtle) return null;
  const bytes = new TextEncoder().encode(leaf);
  const input = new Uint8Array(bytes.length + 1);
  input.set(bytes, 1);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", input));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
