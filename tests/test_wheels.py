import shutil
import subprocess
import sys
import zipfile

import pytest

from alutils import wheels
from alutils.errors import UserError

SMALL = (
    "simple_icd_10_cm",
    "1.5.0",
    "6d461d71dc26aedc530ae65f02cfb578a154e49507c32e8241e75f701d4b7e42",
)


@pytest.fixture
def empty_home(tmp_path, monkeypatch):
    monkeypatch.setenv("ALUTILS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def make_wheel(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_two_processes_download_once(empty_home):
    code = f"from alutils.wheels import fetch; print(fetch(*{SMALL!r}))"
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    path = wheels.wheel_path(*SMALL)
    assert [out.strip() for out, _ in outputs] == [str(path)] * 2
    assert "".join(err for _, err in outputs).count("downloading") == 1
    assert wheels.file_sha256(path) == SMALL[2]


def test_a_damaged_wheel_is_named_and_kept_until_a_new_one_is_there(
    empty_home, monkeypatch, capsys
):
    new = make_wheel(empty_home.parent / "new.whl", {"p/a.txt": b"a"})
    pinned = ("p", "1", wheels.file_sha256(new))
    path = wheels.wheel_path(*pinned)
    path.parent.mkdir(parents=True)
    path.write_bytes(new.read_bytes()[:-1])

    def unreachable(*_):
        raise UserError("cannot download")

    monkeypatch.setattr(wheels, "_pip_download", unreachable)
    with pytest.raises(UserError, match="cannot download"):
        wheels.fetch(*pinned)
    assert path.read_bytes() == new.read_bytes()[:-1]
    assert f"{path} is damaged" in capsys.readouterr().err
    monkeypatch.setattr(
        wheels, "_pip_download", lambda *a: shutil.copy(new, a[-1] / "p-1-py3-none-any.whl")
    )
    assert wheels.fetch(*pinned).read_bytes() == new.read_bytes()


def test_a_wheel_that_cannot_be_read_is_one_sentence(empty_home):
    wheels.wheel_path(*SMALL).mkdir(parents=True)  # stands for a lack of permission
    with pytest.raises(UserError, match=r"cannot read .*simple_icd.*ALUTILS_HOME"):
        wheels.fetch(*SMALL)


def test_wrong_hash_keeps_nothing(empty_home):
    with pytest.raises(UserError, match=f"{SMALL[2]} where {'0' * 64} is expected"):
        wheels.fetch(SMALL[0], SMALL[1], "0" * 64)
    assert not [path for path in (empty_home / "downloads").iterdir() if path.suffix != ".lock"]


def test_no_index_is_one_sentence(empty_home, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(UserError, match="cannot download simple_icd_10_cm") as caught:
        wheels.fetch(*SMALL)
    assert "\n" not in str(caught.value)
    assert not list((empty_home / "downloads").glob("*.whl"))


def test_home_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "home").write_text("a file is in the way")
    monkeypatch.setenv("ALUTILS_HOME", str(tmp_path / "home"))
    with pytest.raises(UserError, match=r"cannot write .* ALUTILS_HOME"):
        wheels.fetch(*SMALL)


def test_read_member(tmp_path):
    wheel = make_wheel(tmp_path / "a.whl", {"p/data.txt": b"x" * 1000})
    assert wheels.read_member(wheel, "p/data.txt") == b"x" * 1000
    with pytest.raises(UserError, match="larger than 999"):
        wheels.read_member(wheel, "p/data.txt", limit=999)
    with pytest.raises(UserError, match=r"no member 'p/other.txt'"):
        wheels.read_member(wheel, "p/other.txt")


def test_read_members(tmp_path):
    members = {"p/a/x.txt": b"a" * 600, "p/b/x.txt": b"b" * 400, "p/b/y.txt": b"y"}
    wheel = make_wheel(tmp_path / "a.whl", members)
    found = wheels.read_members(wheel, "p/*/x.txt", limit=1000)
    assert found == {name: members[name] for name in ("p/a/x.txt", "p/b/x.txt")}
    assert wheels.read_members(wheel, "p/b/y.txt") == {"p/b/y.txt": b"y"}
    with pytest.raises(UserError, match="larger than 999 bytes together"):
        wheels.read_members(wheel, "p/*/x.txt", limit=999)
    with pytest.raises(UserError, match=r"no member 'p/\*.md'"):
        wheels.read_members(wheel, "p/*.md")


def test_size_in_the_header_is_not_believed(tmp_path):
    wheel = make_wheel(tmp_path / "a.whl", {"bomb": b"x" * 100_000})
    content = wheel.read_bytes()
    # Sizes are 32-bit little-endian, in the local and in the central header.
    lying = content.replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != content
    wheel.write_bytes(lying)
    with zipfile.ZipFile(wheel) as archive:
        assert archive.getinfo("bomb").file_size == 10
    with pytest.raises(UserError, match="damaged"):
        wheels.read_member(wheel, "bomb", limit=50)


def test_extract_folder(tmp_path):
    members = {"p/model/a.txt": b"a", "p/model/deep/b.txt": b"b", "p/model2/c.txt": b"c"}
    wheel = make_wheel(tmp_path / "a.whl", members)
    into = wheels.extract_folder(wheel, "p/model", tmp_path / "out" / "model")
    files = {str(file.relative_to(into)) for file in into.rglob("*") if file.is_file()}
    assert files == {"a.txt", "deep/b.txt"}
    with pytest.raises(UserError, match="no folder 'p/none'"):
        wheels.extract_folder(wheel, "p/none", tmp_path / "out" / "none")


@pytest.mark.parametrize("harm", ["altered", "truncated", "missing", "no folder"])
def test_a_damaged_folder_is_named_set_aside_and_unpacked_again(
    tmp_path, monkeypatch, capsys, harm
):
    wheel = make_wheel(tmp_path / "a.whl", {"p/a.txt": b"a", "p/deep/b.txt": b"bbb"})
    into = wheels.extract_folder(wheel, "p", tmp_path / "p")
    monkeypatch.setattr(wheels, "_COMPARED", set())  # as another process
    before = (into / "a.txt").stat().st_ino
    wheels.extract_folder(wheel, "p", into)
    assert (into / "a.txt").stat().st_ino == before
    assert capsys.readouterr().err == ""
    bad = into / "deep" / "b.txt"
    if harm == "altered":
        bad.write_bytes(b"bab")
    elif harm == "truncated":
        bad.write_bytes(b"b")
    else:
        shutil.rmtree(into / "deep")
    if harm == "no folder":
        shutil.rmtree(into)
        into.write_text("a file in its place")
    left = bad.read_bytes() if bad.exists() else None
    monkeypatch.setattr(wheels, "_COMPARED", set())
    wheels.extract_folder(wheel, "p", into)
    assert bad.read_bytes() == b"bbb" and (into / "a.txt").read_bytes() == b"a"
    aside = tmp_path / "p.damaged"
    assert f"is damaged: its folder is kept as {aside.name}" in capsys.readouterr().err
    if left is not None:
        assert (aside / "deep" / "b.txt").read_bytes() == left


@pytest.mark.parametrize(
    "member",
    ["p/../../evil.txt", "p//evil.txt", "p/./evil.txt", "p/a\\..\\evil.txt", "p/C:evil.txt"],
)
def test_extract_refuses_paths_outside(tmp_path, member):
    wheel = make_wheel(tmp_path / "a.whl", {"p/good.txt": b"good", member: b"evil"})
    with pytest.raises(UserError, match="unsafe path"):
        wheels.extract_folder(wheel, "p", tmp_path / "out" / "p")
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert left == [wheel]
