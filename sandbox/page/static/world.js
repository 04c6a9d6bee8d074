// The world beside the conversation: the tracker, the teams, the ledger, and what can go wrong outside.

import { h } from "./dom.js";
import { stamp } from "./dates.js";
import { evidence } from "./evidence.js";
import { icon } from "./icons.js";
import { ledger } from "./ledger.js";
import { prose, wiki } from "./wiki.js";

const TABS = [
  ["ticket", "Ticket", "ticket"],
  ["access", "Access", "key"],
  ["evidence", "Evidence", "shield"],
  ["ledger", "Ledger", "book"],
  ["outside", "Outside", "plug"],
];

export function world(app) {
  const { ui } = app;
  const panels = { ticket: tickets, access, evidence, ledger, outside };
  return h(
    "aside",
    { class: "world", "aria-label": "The world outside Slack" },
    h(
      "div",
      { class: "tabs", role: "tablist", "aria-label": "The world", onkeydown: (event) => arrows(app, event) },
      TABS.map(([id, label]) =>
        h(
          "button",
          {
            type: "button",
            role: "tab",
            id: `tab-${id}`,
            "data-testid": `tab-${id}`,
            "aria-selected": ui.tab === id ? "true" : "false",
            "aria-controls": "world-panel",
            tabindex: ui.tab === id ? 0 : -1,
            onclick: () => app.openTab(id),
          },
          label,
          mark(app, id),
        ),
      ),
    ),
    h(
      "div",
      { class: "scroll world-panel", id: "world-panel", role: "tabpanel", "aria-labelledby": `tab-${ui.tab}`, tabindex: 0, key: `panel-${ui.tab}` },
      panels[ui.tab](app),
    ),
  );
}

function mark(app, id) {
  if (id === "outside") {
    const broken = Object.values(app.state.faults).some((kind) => kind !== "none");
    return broken ? h("span", { class: "dot dot-warn" }, h("span", { class: "sr-only" }, "something is broken")) : null;
  }
  return app.isNews(id) ? h("span", { class: "dot" }, h("span", { class: "sr-only" }, "changed")) : null;
}

function arrows(app, event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const at = TABS.findIndex(([id]) => id === app.ui.tab);
  const [id] = TABS[(at + step + TABS.length) % TABS.length];
  app.openTab(id);
  document.getElementById(`tab-${id}`)?.focus();
}

export function empty(name, title, text) {
  return h("div", { class: "empty" }, icon(name, 28), h("strong", null, title), h("p", null, text));
}

// --- the tracker

function tickets(app) {
  const list = app.state.tickets;
  if (list.length === 0) return empty("ticket", "No ticket yet", "The change ticket appears here as soon as somebody requests an emergency change.");
  const open = app.ui.ticket ?? list[0].key;
  return list.map((ticket) => ticketCard(app, ticket, ticket.key === open));
}

function ticketCard(app, ticket, open) {
  return h(
    "article",
    { class: `card ticket ${open ? "is-open" : ""}`, key: ticket.key, "data-testid": `ticket-${ticket.key}` },
    h(
      "button",
      { type: "button", class: "ticket-head", "aria-expanded": open ? "true" : "false", onclick: () => app.openTicket(open ? "" : ticket.key) },
      h("span", { class: "ticket-line" }, h("span", { class: "mono ticket-key" }, ticket.key), h("span", { class: `lozenge ${statusTone(ticket.status)}` }, ticket.status)),
      h("span", { class: "ticket-summary" }, ticket.summary),
    ),
    open ? ticketBody(app, ticket) : null,
  );
}

// Jira's three colours: to do, in progress, done.
function statusTone(status) {
  if (/closed|done|resolved/i.test(status)) return "lozenge-ok";
  if (/declin|reject|withdrawn|lapsed|cancel/i.test(status)) return "lozenge-bad";
  if (/implement|progress|active|review/i.test(status)) return "lozenge-busy";
  return "";
}

function ticketBody(app, ticket) {
  return h(
    "div",
    { class: "ticket-body" },
    h("dl", { class: "facts" }, Object.entries(ticket.fields).map(([name, value]) => h("div", { key: name }, h("dt", null, name), h("dd", null, value || "—")))),
    ticket.description ? h("div", { class: "wiki" }, wiki(ticket.description)) : null,
    h("h3", null, ticket.comments.length === 1 ? "1 comment" : `${ticket.comments.length} comments`),
    ticket.comments.map((comment, index) =>
      h("div", { class: "comment", key: `comment-${index}` }, h("p", { class: "comment-head" }, h("strong", null, comment.author), h("time", { datetime: comment.at }, stamp(new Date(comment.at)))), prose(comment.text)),
    ),
    ticket.moves?.length ? moveByHand(app, ticket) : null,
  );
}

function moveByHand(app, ticket) {
  return h(
    "form",
    {
      class: "by-hand",
      onsubmit: (event) => {
        event.preventDefault();
        app.setTicket(ticket.key, event.submitter.value === "delete" ? null : event.target.elements.status.value);
      },
    },
    h("select", { name: "status", class: "field field-compact", "aria-label": `Status to move ${ticket.key} to`, "data-testid": "ticket-status" }, ticket.moves.map((status) => h("option", { value: status, key: status }, status))),
    h("button", { type: "submit", value: "move", class: "button button-small", "data-testid": "ticket-move" }, "Move by hand"),
    h("button", { type: "submit", value: "delete", class: "button button-small button-danger", "data-testid": "ticket-delete" }, "Delete"),
  );
}

// --- the teams

function access(app) {
  if (app.state.teams.length === 0) return empty("people", "No team yet", "Teams that give access are listed here.");
  return [
    h("p", { class: "panel-lead" }, "Who holds access right now, as GitHub has it. Change a team by hand and see the procedure notice."),
    app.state.teams.map((team) => teamCard(app, team)),
  ];
}

function teamCard(app, team) {
  const present = new Set(team.members.map((member) => member.login));
  const absent = app.state.people.filter((person) => person.github && !present.has(person.github));
  return h(
    "article",
    { class: "card team", key: team.name, "data-testid": `team-${team.name}` },
    h("header", { class: "card-head" }, h("h3", { class: "mono" }, team.name), h("span", { class: "count" }, team.members.length === 0 ? "nobody" : String(team.members.length))),
    team.purpose ? h("p", { class: "card-note" }, team.purpose) : null,
    team.members.length === 0
      ? h("p", { class: "team-empty" }, icon("lock", 16), "Nobody holds this access.")
      : h("ul", { class: "members" }, team.members.map((member) => memberRow(app, team, member))),
    absent.length ? addByHand(app, team, absent) : null,
  );
}

function memberRow(app, team, member) {
  const person = app.state.people.find((candidate) => candidate.github === member.login);
  return h(
    "li",
    { key: member.login, "data-testid": `member-${team.name}-${member.login}` },
    h("span", { class: "member-name" }, h("strong", null, person?.name ?? member.login), h("span", { class: "mono" }, member.login)),
    member.state === "pending" ? h("span", { class: "lozenge" }, "invited") : null,
    h("button", { type: "button", class: "button button-small", "aria-label": `Remove ${member.login} from ${team.name} by hand`, "data-testid": `access-remove-${member.login}`, onclick: () => app.setAccess(team.name, member.login, "remove") }, "Remove by hand"),
  );
}

function addByHand(app, team, absent) {
  return h(
    "form",
    {
      class: "by-hand",
      onsubmit: (event) => {
        event.preventDefault();
        app.setAccess(team.name, event.target.elements.login.value, "add");
      },
    },
    h("select", { name: "login", class: "field field-compact", "aria-label": `Somebody to add to ${team.name}`, "data-testid": "access-login" }, absent.map((person) => h("option", { value: person.github, key: person.github }, `${person.name} (${person.github})`))),
    h("button", { type: "submit", class: "button button-small", "data-testid": "access-add" }, "Add by hand"),
  );
}

// --- what can go wrong

const SERVICES = {
  slack: ["Slack", "Without it messages wait; access still ends on time, and the clock still counts."],
  jira: ["Jira", "Without it a change goes ahead; its ticket is written as soon as Jira is back."],
  github: ["GitHub", "Without it access can neither be given nor taken; removals are tried until they are proven."],
};
const KINDS = [
  ["none", "Working"],
  ["slow", "Slow"],
  ["down", "Down"],
];

function outside(app) {
  return [
    h("p", { class: "panel-lead" }, "Break something outside, then carry on: what the procedure owes, it makes good when the service is back."),
    Object.entries(app.state.faults).map(([service, kind]) => serviceCard(app, service, kind)),
  ];
}

function serviceCard(app, service, kind) {
  const [name, what] = SERVICES[service] ?? [service, ""];
  return h(
    "article",
    { class: `card service is-${kind}`, key: service },
    h("header", { class: "card-head" }, h("h3", null, name), h("span", { class: `lamp lamp-${kind}` }, KINDS.find(([id]) => id === kind)?.[1] ?? kind)),
    h("p", { class: "card-note" }, what),
    h(
      "div",
      { class: "segments segments-wide", role: "group", "aria-label": `${name} is` },
      KINDS.map(([id, label]) =>
        h("button", { type: "button", "aria-pressed": kind === id ? "true" : "false", "data-testid": `fault-${service}-${id}`, onclick: () => app.setFault(service, id) }, label),
      ),
    ),
  );
}
