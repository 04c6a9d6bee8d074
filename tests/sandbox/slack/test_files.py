"""Files, as they are handed in since ``files.upload`` is gone: three requests, and nothing seen before the last."""

from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack import Workspace

PICTURE = b"\x89PNG picture"


@pytest.fixture
def uploader(client: WebClient, workspace: Workspace) -> WebClient:
    workspace.scopes.add("files:write")
    return client


def handed_in(client: WebClient, data: bytes = PICTURE) -> str:
    promised = client.files_getUploadURLExternal(filename="trend.png", length=len(data), alt_txt="Bars")
    assert httpx.post(promised["upload_url"], content=data).status_code == 200
    return str(promised["file_id"])


def refusal(client: WebClient, **said: Any) -> str:
    with pytest.raises(SlackApiError) as raised:
        client.files_completeUploadExternal(**said)
    return str(raised.value.response["error"])


def test_a_file_stands_in_the_channel_once_it_is_completed(uploader: WebClient, workspace: Workspace) -> None:
    file = handed_in(uploader)
    assert workspace.messages("C0OPS") == []

    uploader.files_completeUploadExternal(files=[{"id": file, "title": "Trend"}], channel_id="C0OPS")

    [message] = workspace.messages("C0OPS")
    assert [(one.title, one.data, one.alt) for one in message.files] == [("Trend", PICTURE, "Bars")]
    [told] = uploader.conversations_history(channel="C0OPS")["messages"]
    assert (told["files"][0]["title"], told["files"][0]["mimetype"]) == ("Trend", "image/png")


def test_slacks_own_client_hands_files_in_the_same_way(uploader: WebClient, workspace: Workspace) -> None:
    uploader.files_upload_v2(channel="C0OPS", filename="trend.png", content=PICTURE, title="Trend")

    assert workspace.messages("C0OPS")[0].files[0].data == PICTURE


def test_what_was_never_handed_in_or_is_completed_already_cannot_be_completed(uploader: WebClient) -> None:
    promised = uploader.files_getUploadURLExternal(filename="trend.png", length=3)
    assert refusal(uploader, files=[{"id": promised["file_id"]}], channel_id="C0OPS") == "file_not_found"

    file = handed_in(uploader)
    uploader.files_completeUploadExternal(files=[{"id": file}], channel_id="C0OPS")
    assert refusal(uploader, files=[{"id": file}], channel_id="C0OPS") == "file_not_found"


def test_only_as_many_bytes_as_were_promised_are_taken_and_only_where_they_were(uploader: WebClient) -> None:
    promised = uploader.files_getUploadURLExternal(filename="trend.png", length=3)

    assert httpx.post(promised["upload_url"], content=b"four").status_code == 400
    assert httpx.post(promised["upload_url"] + "x", content=b"123").status_code == 400


def test_a_channel_is_named_by_its_id_and_the_app_is_in_it(uploader: WebClient, workspace: Workspace) -> None:
    file = handed_in(uploader)
    assert refusal(uploader, files=[{"id": file}], channel_id="#ops") == "channel_not_found"

    workspace.channel("C0OPS").members.discard(workspace.bot_user_id)
    assert refusal(uploader, files=[{"id": file}], channel_id="C0OPS") == "not_in_channel"


def test_without_the_scope_nothing_is_promised(client: WebClient) -> None:
    with pytest.raises(SlackApiError, match="missing_scope"):
        client.files_getUploadURLExternal(filename="trend.png", length=3)
