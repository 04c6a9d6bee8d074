// Where blocks stand, and what becomes of a press there: in a message, in a modal, in the home tab.

import { confirmed } from "./confirm.js";
import { startOf } from "./controls.js";

// The server is told which version was on the screen: a press on a message that has changed since is still a press.
export function messageSurface(app, channel, message, testids) {
  const where = `${channel}:${message.ts}`;
  return surface(app, {
    key: `m-${message.ts.replace(".", "-")}${testids ? "" : "-parent"}`,
    where,
    testids,
    kept: message.state?.[app.state.me],
    order: "click",
    body: { channel, ts: message.ts, version: message.earlier.length },
  });
}

export function viewSurface(app, opened, key) {
  return surface(app, {
    key,
    where: opened.id,
    testids: true,
    kept: opened.state,
    order: "view-click",
    body: { view_id: opened.id },
  });
}

function surface(app, { key, where, testids, kept, order, body }) {
  const place = (block, element) => `${where}:${block.block_id}:${element.action_id}`;
  return {
    key,
    testids,
    names: app.names,
    state: app.state,
    busy: (block, element) => app.ui.busy.has(place(block, element)),
    confirm: (question) => confirmed(question, app.names),
    chosen: (block, element) => startOf(element, kept?.[block.block_id]?.[element.action_id]),
    act: (block, element, option) =>
      app.busily(place(block, element), () =>
        app.order(order, {
          as: app.state.me,
          ...body,
          action_id: element.action_id,
          block_id: block.block_id ?? null,
          option: option ?? null,
        }),
      ),
  };
}
