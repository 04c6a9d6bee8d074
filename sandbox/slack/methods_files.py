"""Web API: files, the way they are handed in since ``files.upload`` is gone.

What bites: three requests for one file, and the bytes go to an address of their own; nobody sees the file before it
is completed, and then it stands in the channel as a message of its own.
"""

import secrets
from typing import TYPE_CHECKING

from sandbox.slack.calls import Call, invalid
from sandbox.slack.model import Channel, File, Json, Message, Refusal

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace

LARGEST = 1_000_000_000
TYPES = {"png": "image/png", "csv": "text/csv", "txt": "text/plain"}


def get_upload_url_external(call: Call) -> Json:
    """Promise a place for so many bytes."""
    name, length = call.required("filename"), call.number("length", 0, LARGEST + 1)
    if not 0 < length <= LARGEST:
        raise Refusal("file_upload_size_restricted" if length else "invalid_arguments")
    workspace = call.workspace
    ending = name.rpartition(".")[2].lower()
    file = File(
        workspace.new_id("F"), name, name, TYPES.get(ending, "application/octet-stream"), length, alt=call.text("alt_txt") or ""
    )  # fmt: skip
    with workspace.change():
        workspace.files[file.id] = file
    file.secret = secrets.token_hex(12)
    return {"upload_url": f"{call.url}/upload/v1/{file.id}/{file.secret}", "file_id": file.id}


def take_upload(workspace: "Workspace", file_id: str, secret: str, data: bytes) -> bool:
    """Take the bytes at the address that was given out for them."""
    file = workspace.files.get(file_id)
    if file is None or file.secret != secret or file.data or len(data) != file.length:
        return False
    with workspace.change():
        file.data = data
    return True


def complete_upload_external(call: Call) -> Json:
    """Let a file be seen: in a channel or a thread of it, or by nobody but its owner."""
    wanted = call.structure("files", "invalid_arguments")
    if not isinstance(wanted, list) or not wanted:
        raise invalid("missing required field: files")
    channel = _channel(call)
    files = [_uploaded(call, one) for one in wanted]
    workspace = call.workspace
    with workspace.change():
        for file, one in zip(files, wanted, strict=True):
            file.title, file.completed = str(one.get("title") or file.name), True
        if channel:
            workspace.put(
                Message(
                    channel.id,
                    "",
                    call.text("initial_comment") or "",
                    user=workspace.bot_user_id,
                    bot=workspace.bot_id,
                    thread_ts=_thread(call, channel),
                    files=files,
                )
            )
    return {"files": [{"id": file.id, "title": file.title} for file in files]}


def _channel(call: Call) -> Channel | None:
    wanted = call.text("channel_id")
    if wanted is None:
        return None
    channel = call.workspace.channels.get(wanted)
    if channel is None:
        raise Refusal("channel_not_found")
    call.reachable(channel)
    if channel.is_archived:
        raise Refusal("is_archived")
    return channel


def _uploaded(call: Call, wanted: Json) -> File:
    file = call.workspace.files.get(str(wanted.get("id")))
    if file is None or not file.data or file.completed:
        raise Refusal("file_not_found")
    return file


def _thread(call: Call, channel: Channel) -> str | None:
    wanted = call.text("thread_ts")
    if wanted is None:
        return None
    if call.workspace.ever_posted(channel.id, wanted) is None:
        raise Refusal("thread_not_found")
    return wanted
