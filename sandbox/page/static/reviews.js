// Pull requests of the evidence repository, as github.com shows them: what is asked, who reviewed it, and a form
// in which whoever is being played reviews, comments, dismisses or edits.

import { stamp } from "./dates.js";
import { h } from "./dom.js";
import { markdown } from "./markdown.js";

const VERDICTS = [
  ["approve", "Approve"],
  ["request changes", "Request changes"],
  ["comment", "Comment"],
];
const TONES = { approved: "lozenge-ok", "changes requested": "lozenge-busy", dismissed: "lozenge-bad" };

export function pulls(app, kept) {
  return kept.pulls.map((pull) => card(app, pull));
}

function card(app, pull) {
  const open = (app.ui.pull ?? app.state.evidence.pulls[0].number) === pull.number;
  return h(
    "article",
    { class: `card pull ${open ? "is-open" : ""}`, key: `pull-${pull.number}`, "data-testid": `pull-${pull.number}` },
    h(
      "button",
      { type: "button", class: "ticket-head", "aria-expanded": open ? "true" : "false", onclick: () => app.openPull(open ? 0 : pull.number) },
      h("span", { class: "ticket-line" }, h("span", { class: "mono ticket-key" }, `#${pull.number}`), h("span", { class: `lozenge ${pull.open ? "lozenge-busy" : ""}` }, pull.open ? "open" : "closed")),
      h("span", { class: "ticket-summary" }, pull.title),
    ),
    open ? body(app, pull) : null,
  );
}

function body(app, pull) {
  const me = app.state.people.find((person) => person.slack_id === app.state.me);
  return h(
    "div",
    { class: "pull-body" },
    h("div", { class: "markdown pull-text", "data-testid": "pull-text" }, described(pull.description)),
    h("p", { class: "count" }, "Head ", h("span", { class: "mono" }, pull.head.slice(0, 7))),
    happened(pull).map((one) => (one.id ? review(app, pull, one) : comment(app, one))),
    me?.github ? form(app, pull, me) : h("p", { class: "file-note", key: "nobody" }, `${me?.name ?? "Nobody"} has no account on GitHub.`),
  );
}

const happened = (pull) => [...pull.reviews, ...pull.comments].sort((a, b) => a.at.localeCompare(b.at));

function named(app, login) {
  return app.state.people.find((person) => person.github === login)?.name ?? login;
}

function comment(app, one) {
  return h(
    "div",
    { class: "comment", key: `comment-${one.at}-${one.author}` },
    h("p", { class: "comment-head" }, h("strong", null, named(app, one.author)), h("time", { datetime: one.at }, stamp(new Date(one.at)))),
    h("div", { class: "prose" }, plain(one.text)),
  );
}

function review(app, pull, one) {
  const editing = app.ui.editing === one.id;
  return h(
    "div",
    { class: "comment review", key: `review-${one.id}`, "data-testid": `review-${one.id}` },
    h(
      "p",
      { class: "comment-head" },
      h("strong", null, named(app, one.author)),
      h("span", { class: `lozenge ${TONES[one.state] ?? ""}` }, one.state),
      one.stale ? h("span", { class: "lozenge" }, "of an earlier commit") : null,
      one.edited ? h("span", { class: "lozenge" }, "edited") : null,
      h("time", { datetime: one.at }, stamp(new Date(one.at))),
    ),
    editing ? edit(app, pull, one) : [one.body ? h("div", { class: "prose", key: "body" }, one.body) : null, afterwards(app, pull, one)],
  );
}

function afterwards(app, pull, one) {
  const can = ["approved", "changes requested"].includes(one.state);
  return h(
    "p",
    { class: "review-ways", key: "ways" },
    h("button", { type: "button", class: "button button-small", "data-testid": `edit-${one.id}`, onclick: () => app.editReview(one.id) }, "Edit"),
    can ? h("button", { type: "button", class: "button button-small", "data-testid": `dismiss-${one.id}`, onclick: () => app.dismissReview(pull.number, one.id) }, "Dismiss") : null,
  );
}

function edit(app, pull, one) {
  return h(
    "form",
    {
      class: "review-form",
      key: "edit",
      onsubmit: (event) => {
        event.preventDefault();
        app.saveReview(pull.number, one.id, event.target.elements.body.value);
      },
    },
    h("textarea", { name: "body", class: "field", rows: 2, initial: one.body, "aria-label": "What the review says" }),
    h("p", { class: "review-ways" }, h("button", { type: "submit", class: "button button-small", "data-testid": "edit-save" }, "Save"), h("button", { type: "button", class: "button button-small", onclick: () => app.editReview(null) }, "Leave it")),
  );
}

// --- the form

function form(app, pull, me) {
  return h(
    "form",
    {
      class: "review-form",
      key: `form-${pull.number}-${me.slack_id}`,
      "data-testid": "review-form",
      onsubmit: async (event) => {
        event.preventDefault();
        const { target: at, submitter } = event;
        if (await app.review(pull.number, submitter?.value ?? "comment", at.elements.body.value)) at.reset();
      },
    },
    h("label", { class: "review-label", for: `review-body-${pull.number}` }, "Review as ", h("strong", null, me.name), " ", h("span", { class: "mono" }, me.github)),
    h("textarea", { name: "body", id: `review-body-${pull.number}`, class: "field", rows: 3, placeholder: "“Rejected: …” in a comment rejects the change", "data-testid": "review-body" }),
    h(
      "p",
      { class: "review-ways" },
      VERDICTS.map(([value, label]) => h("button", { type: "submit", name: "verdict", value, class: `button button-small ${value === "approve" ? "button-primary" : ""}`, key: value, disabled: !pull.open, "data-testid": `review-${value.replace(" ", "-")}` }, label)),
      h("button", { type: "submit", value: "conversation", class: "button button-small", key: "conversation", "data-testid": "review-conversation" }, "Write in the conversation"),
    ),
  );
}

// --- what the description says: GitHub's Markdown as the bot writes it, where all that people typed is escaped

const plain = (text) => text.replace(/<!--[\s\S]*?-->/g, "").replaceAll(/\\([\\`*_{}[\]()#+\-.!|~>:$=])/g, "$1").replaceAll("\u200b", "").replaceAll("&lt;", "<").replaceAll("&amp;", "&").trim();

function described(text) {
  const [said, checks] = text.split("<details>");
  const parts = said.trim().split(/\n{2,}/).map((part, index) => {
    const [, title] = /^### (.*)$/.exec(part) ?? [];
    if (title) return h("h4", { key: index }, plain(title));
    const quoted = part.split("\n").map((line) => plain(line.replace(/^> ?/, "")));
    return h("blockquote", { key: index }, quoted.map((line, at) => h("p", { key: at }, line)));
  });
  return [...parts, checks ? bound(checks) : null];
}

function bound(checks) {
  const [, summary, rest] = /^<summary>(.*?)<\/summary>([\s\S]*)<\/details>/.exec(checks) ?? [null, "Checks", checks];
  return h("details", { key: "checks" }, h("summary", null, summary), markdown(rest));
}
