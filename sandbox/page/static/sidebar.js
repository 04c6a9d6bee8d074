// Who is playing, and the conversations they have.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { avatar } from "./people.js";

export function sidebar(app) {
  const { state, ui } = app;
  const me = state.people.find((person) => person.slack_id === state.me) ?? { name: "?", role: "" };
  const channels = state.channels.filter((channel) => !channel.dm);
  return h(
    "nav",
    { class: "side", "aria-label": "Workspace" },
    h(
      "div",
      { class: "person" },
      h("span", { class: "person-caption", id: "person-caption" }, "You are playing"),
      h(
        "div",
        { class: "person-card" },
        avatar(state.me, state, "large"),
        h("span", { class: "person-text" }, h("strong", null, me.name), h("span", null, me.role)),
        icon("chevron"),
        h(
          "select",
          {
            class: "person-switch",
            "data-testid": "person-switch",
            "aria-labelledby": "person-caption",
            value: state.me,
            onchange: (event) => app.play(event.target.value),
          },
          state.people.map((person) =>
            h("option", { value: person.slack_id, key: person.slack_id }, `${person.name} — ${person.role}`),
          ),
        ),
      ),
      others(app),
    ),
    h(
      "div",
      { class: "side-lists", inert: state.views.length > 0 },
      h("h2", { class: "side-title" }, "Channels"),
      h("ul", { class: "side-list" }, channels.map((channel) => item(app, channel, icon(channel.private ? "lock" : "hash", 16), channel.name))),
      h("h2", { class: "side-title" }, "App"),
      h(
        "ul",
        { class: "side-list" },
        state.dm
          ? item(app, state.dm, avatar(state.bot, state, "tiny"), state.botName)
          : h("li", null, entry(app, { active: ui.channel === "app", id: "app", unread: false, mark: avatar(state.bot, state, "tiny"), name: state.botName })),
      ),
    ),
  );
}

// Everybody else, one press away; a dot where the app has written to them.
function others(app) {
  const { state } = app;
  return h(
    "ul",
    { class: "others", "aria-label": "Play somebody else" },
    state.people
      .filter((person) => person.slack_id !== state.me)
      .map((person) => {
        const awaited = app.awaited(person.slack_id);
        return h(
          "li",
          { key: person.slack_id },
          h(
            "button",
            {
              type: "button",
              title: `${person.name} — ${person.role}`,
              "aria-label": `Play ${person.name}${awaited ? ", who has a new message" : ""}`,
              "data-testid": `person-${person.slack_id}`,
              onclick: () => app.play(person.slack_id),
            },
            avatar(person.slack_id, state, "small"),
            awaited ? h("span", { class: "dot" }) : null,
          ),
        );
      }),
  );
}

function item(app, channel, mark, name) {
  const active = app.ui.channel === channel.id;
  return h("li", { key: channel.id }, entry(app, { active, id: channel.id, unread: app.unread(channel.id), mark, name }));
}

function entry(app, { active, id, unread, mark, name }) {
  return h(
    "button",
    {
      type: "button",
      class: `side-item ${active ? "is-active" : ""} ${unread ? "is-unread" : ""}`,
      "aria-current": active ? "page" : null,
      "data-testid": `channel-${id}`,
      onclick: () => app.openChannel(id),
    },
    h("span", { class: "side-mark" }, mark),
    h("span", { class: "side-name" }, name),
    unread ? h("span", { class: "dot" }, h("span", { class: "sr-only" }, "unread")) : null,
  );
}
