"""Tests of nginx in front of the portal, for programs that call the API: bodies, files, compression, how often."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import Client

from accounts.models import User
from tests.connections.clients import make_token
from tests.factories import Place
from tests.nginx import API_UPLOAD, LOGIN, Front, ask

served = pytest.mark.usefixtures("transactional_db")
pytestmark = [pytest.mark.one_database]


@served
@pytest.mark.parametrize(
    ("address", "size"), [("/api/v1/organizations/", 5 * 1024**2 + 1), (API_UPLOAD, 300 * 1024**2 + 1)]
)
def test_a_program_is_told_of_a_body_that_is_too_large_by_a_problem_document(
    address: str, size: int, front: Front
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=20)
    connection.putrequest("POST", address)
    connection.putheader("Content-Length", str(size))
    connection.endheaders()
    response = connection.getresponse()
    problem = json.loads(response.read())
    connection.close()
    assert (response.status, response.headers["Content-Type"]) == (413, "application/problem+json")
    assert (problem["status"], problem["code"]) == (413, "too_large")
    assert problem["detail"].endswith("。")


@served
def test_what_programs_read_is_compressed_and_pages_are_not(front: Front, place: Place) -> None:
    right = {"Authorization": f"Bearer {make_token(place.county).text}", "Accept-Encoding": "gzip"}
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=60)
    connection.request("GET", "/api/v1/openapi.json", headers=right)
    answer = connection.getresponse()
    packed = answer.read()
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers.get_all("Vary", [])
    assert "/api/v1/organizations/" in json.loads(gzip.decompress(packed))["paths"]
    connection.request("GET", LOGIN, headers={"Accept-Encoding": "gzip"})
    page = connection.getresponse()
    assert "Content-Encoding" not in page.headers
    page.read()
    listed = ask(front, address="/api/v1/periods/", Authorization=right["Authorization"])
    again = ask(
        front,
        address="/api/v1/periods/",
        Authorization=right["Authorization"],
        If_None_Match=f"W/{listed.headers['ETag']}",
    )
    assert again.status == 304, "an ETag is weak where the answer was compressed"
    connection.close()


@served
def test_files_of_a_program_are_taken_in_from_who_has_signed_in_alone(
    front: Front, clerk: User, signed_in: Callable[[User], Client]
) -> None:
    with socket.create_connection(("127.0.0.1", front.port), 20) as connection:
        head = f"POST {API_UPLOAD} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {100 * 1024**2}\r\n\r\n"
        connection.sendall(head.encode())
        answer = connection.recv(1 << 16).decode()  # although none of it was sent
    assert answer.startswith("HTTP/1.1 401 ")
    assert "application/problem+json" in answer and '"code": "not_signed_in"' in answer
    assert json.loads(ask(front, address=API_UPLOAD).text)["code"] == "not_signed_in", "reading is the portal's affair"
    cookies = f"csrftoken={'t' * 32}; sessionid={signed_in(clerk).cookies['sessionid'].value}"
    form = {"Cookie": cookies, "Content_Type": "multipart/form-data; boundary=x", "X_CSRFToken": "t" * 32}
    body = "--x\r\nContent-Disposition: form-data; name=colour\r\n\r\nred\r\n--x--\r\n"
    assert ask(front, "POST", API_UPLOAD, body, **form).status == 400, "the portal has judged it"
    token = {"Content_Type": form["Content_Type"], "Authorization": f"Bearer {make_token(clerk.division).text}"}
    assert ask(front, "POST", API_UPLOAD, body, **token).status == 400, "and that of a token"
    assert ask(front, "POST", API_UPLOAD, body, **token | {"Authorization": "Bearer wrong"}).status == 401
    assert ask(front, address="/api/v1/may-send-files").status == 404, "only nginx asks"


@served
def test_a_program_with_a_token_is_no_stranger_and_its_calls_are_not_held_back(front: Front, place: Place) -> None:
    right = {"Authorization": f"Bearer {make_token(place.county, addresses='127.0.0.1').text}"}
    began = time.monotonic()
    with ThreadPoolExecutor(8) as connections:
        answers = list(connections.map(lambda _: ask(front, address="/api/v1/periods/", **right), range(80)))
    assert {answer.status for answer in answers} == {200}
    assert time.monotonic() - began < 8, "ten a second: six hundred a minute"
    wrong = ask(front, address="/api/v1/periods/", Authorization="Bearer wrong")
    assert (wrong.status, wrong.headers["Content-Type"]) == (401, "application/problem+json")
    assert wrong.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert "Location" not in wrong.headers, "a program is not led to the sign-in page"


@served
def test_files_of_a_program_are_taken_in_with_a_token_for_it_alone(front: Front, place: Place) -> None:
    head = f"POST {API_UPLOAD} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=x\r\n"

    def told(token: str, size: int = 100 * 1024**2) -> str:
        with socket.create_connection(("127.0.0.1", front.port), 20) as connection:
            sent = f"{head}Authorization: Bearer {token}\r\nContent-Length: {size}\r\n\r\n"
            connection.sendall(sent.encode())
            return connection.recv(1 << 16).decode()  # although none of the body was sent

    narrow, right = make_token(place.county, "figures:read"), make_token(place.county, "uploads:read", "uploads:write")
    wrong = told("wrong")
    assert wrong.startswith("HTTP/1.1 401 ") and '"code": "invalid_token"' in wrong
    assert wrong.count("WWW-Authenticate:") == 1 and 'Bearer error="invalid_token"' in wrong
    refused = told(narrow.text)
    assert refused.startswith("HTTP/1.1 403 ") and '"code": "insufficient_scope"' in refused
    assert told(right.text, 0).startswith(("HTTP/1.1 400 ", "HTTP/1.1 422 ")), "the portal has judged it"
    assert ask(front, address="/api/v1/may-send-files").status == 404, "only nginx asks"
