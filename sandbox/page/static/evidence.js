// The evidence repository: what a stranger would find there, who put it there, and a hand that meddles with it.

import { stamp } from "./dates.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { json } from "./ledger.js";
import { markdown } from "./markdown.js";
import { pulls } from "./reviews.js";

export function evidence(app) {
  const { evidence: kept } = app.state;
  if (kept.commits.length < 2) return [lead(kept), nothing(kept)];
  return [lead(kept), ...pulls(app, kept), ...changes(app, kept), rest(app, kept), history(kept), meddling(app, kept)];
}

function lead(kept) {
  return h("p", { class: "panel-lead", key: "lead" }, "What the bot keeps outside: ", h("span", { class: "mono" }, kept.name), ", branch ", h("span", { class: "mono" }, kept.branch), kept.pulls.length ? ". Its files hold pseudonyms and commitments only; what an approver reads stands in the pull request’s description, which can be erased." : ". Pseudonyms and commitments only; nothing that anybody typed.");
}

function nothing(kept) {
  return h(
    "div",
    { class: "empty", key: "nothing" },
    icon("shield", 28),
    h("strong", null, kept.head ? "Nothing is filed yet" : "The branch is gone"),
    h("p", null, kept.head ? "Each change gets a folder here as soon as it is requested, and the ledger’s signed head follows." : "The bot looks twice a minute, reports it, and begins the branch again."),
  );
}

// --- files

const RECORD = /^changes\/\d+\/(.+)\/record\.(md|json)$/;

function changes(app, kept) {
  const found = new Map();
  for (const { path } of kept.files) {
    const [, change, kind] = RECORD.exec(path) ?? [];
    if (change) found.set(change, { ...found.get(change), [kind]: path });
  }
  return [...found].reverse().map(([change, files]) => changeCard(app, change, files));
}

function changeCard(app, change, files) {
  const open = Object.values(files).includes(app.ui.file?.path);
  return h(
    "article",
    { class: `card filed ${open ? "is-open" : ""}`, key: change, "data-testid": `filed-${change}` },
    h(
      "header",
      { class: "card-head" },
      h("h3", { class: "mono" }, change),
      h("span", { class: "segments" }, ["md", "json"].filter((kind) => files[kind]).map((kind) => fileButton(app, files[kind], `record.${kind}`))),
    ),
    open ? contents(app) : null,
  );
}

function fileButton(app, path, label) {
  const open = app.ui.file?.path === path;
  return h("button", { type: "button", key: path, "aria-pressed": open ? "true" : "false", "data-testid": `file-${path}`, onclick: () => app.openFile(open ? "" : path) }, label);
}

function rest(app, kept) {
  const others = kept.files.filter(({ path }) => !RECORD.test(path));
  const open = others.some(({ path }) => path === app.ui.file?.path);
  return h(
    "section",
    { class: "card files", key: "rest", "aria-label": "Other files" },
    h("header", { class: "card-head" }, h("h3", null, "Ledger and rules"), h("span", { class: "count" }, `${others.length} files`)),
    h(
      "ul",
      null,
      others.map(({ path, size }) =>
        h(
          "li",
          { key: path },
          h("button", { type: "button", class: "file", "aria-expanded": app.ui.file?.path === path ? "true" : "false", "data-testid": `file-${path}`, onclick: () => app.openFile(app.ui.file?.path === path ? "" : path) }, h("span", { class: "mono file-path" }, path), h("span", { class: "count" }, weight(size))),
          open && app.ui.file.path === path ? contents(app) : null,
        ),
      ),
    ),
  );
}

const weight = (bytes) => (bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KB`);

function contents(app) {
  const { path, text, gone } = app.ui.file;
  const shown =
    text === undefined ? h("p", { class: "file-note" }, "Reading…")
    : gone ? h("p", { class: "file-note" }, "It is no longer there.")
    : text === null ? h("p", { class: "file-note" }, "This is no text: hashes or entries, one after the other (C2SP tlog-tiles).")
    : path.endsWith(".md") ? h("div", { class: "markdown", "data-testid": "record" }, markdown(text))
    : h("pre", { class: "leaf", tabindex: 0 }, path.endsWith(".json") ? json(text) : text);
  return h("div", { class: "file-contents", key: `contents-${path}` }, shown);
}

// --- history

function history(kept) {
  return h(
    "section",
    { class: "card commits", key: "commits", "aria-label": "Commits, newest first" },
    h("header", { class: "card-head" }, h("h3", null, "Commits"), h("span", { class: "mono count" }, kept.head.slice(0, 7))),
    h(
      "ol",
      null,
      kept.commits.map((commit) =>
        h(
          "li",
          { key: commit.sha, class: commit.ours ? "" : "is-foreign" },
          h("span", { class: "commit-what" }, commit.message),
          h("span", { class: "commit-who" }, h("span", { class: "mono" }, commit.sha.slice(0, 7)), " · ", commit.author, " · ", h("time", { datetime: commit.at }, stamp(new Date(commit.at)))),
        ),
      ),
    ),
  );
}

const WAYS = [
  ["edit", "Edit a record"],
  ["rewrite", "Rewrite the last commit"],
  ["delete", "Delete the branch"],
];

function meddling(app, kept) {
  return h(
    "section",
    { class: "card meddle", key: "meddle", "aria-label": "Meddle" },
    h("header", { class: "card-head" }, h("h3", null, "Meddle with it")),
    h("p", { class: "card-note" }, "Be an administrator who lifts the branch’s rules. The bot notices, says so, and writes it again."),
    h(
      "div",
      { class: "meddle-ways" },
      WAYS.map(([how, label]) => h("button", { type: "button", class: "button button-small", key: how, disabled: !kept.head, "aria-busy": app.ui.busy.has("meddle") ? "true" : null, "data-testid": `meddle-${how}`, onclick: () => app.meddle(how) }, h("span", null, label))),
    ),
  );
}
