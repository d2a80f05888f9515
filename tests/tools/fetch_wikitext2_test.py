"""Tests of tools/fetch_wikitext2 on archives made for them, all from file:// URLs: nothing is downloaded."""

import bz2
import contextlib
import errno
import gzip
import hashlib
import importlib.machinery
import importlib.util
import io
import os
import pathlib
import shlex
import signal
import struct
import subprocess
import sys
import tarfile
import tempfile
import unittest
import urllib.error
import zipfile
from unittest import mock

REPOSITORY = pathlib.Path(__file__).parents[2]
SCRIPT = REPOSITORY / "tools" / "fetch_wikitext2"
SHARED = pathlib.Path(os.environ.get("BERTFORGE_SHARED", REPOSITORY.parent / "shared")) / "data" / "wikitext-2"

loader = importlib.machinery.SourceFileLoader("fetch_wikitext2", str(SCRIPT))
fetch_wikitext2 = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
loader.exec_module(fetch_wikitext2)

NEXT = shlex.join([str(REPOSITORY.resolve() / "build/release/bertforge"), "pretrain", "--config",
                   str(REPOSITORY.resolve() / "configs/wikitext2_small.toml"), "--data.root"])
TRAIN, VALID, TEST = NAMES = tuple(fetch_wikitext2.CHECKSUMS)
FILES = {TRAIN: b" = Title = \n\n so it is . \n" * 40, VALID: b" = Other = \n", TEST: b" = Third = \n \n"}


def packed(files=FILES, folder="wikitext-2/", method=zipfile.ZIP_DEFLATED):
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(folder + name, content)
    return output.getvalue()


def packed_as_tgz(files=FILES, folder="wikitext-2/"):
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(folder + name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return output.getvalue()


class FetchWikitext2Test(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.output = self.folder / "out"
        self.patch("CHECKSUMS", {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()})
        self.patch("MIRRORS", [])

    def patch(self, name, value):
        patcher = mock.patch.object(fetch_wikitext2, name, value)
        patcher.start()
        self.addCleanup(patcher.stop)

    def url(self, name, content):
        (self.folder / name).write_bytes(content)
        return (self.folder / name).as_uri()

    def run_main(self, *arguments):
        """The exit code and the lines of both outputs."""
        self.lines, self.errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(self.lines), contextlib.redirect_stderr(self.errors):
            code = fetch_wikitext2.main(["--output", str(self.output), *arguments])
        self.lines, self.errors = self.lines.getvalue().splitlines(), self.errors.getvalue().splitlines()
        return code

    def fetch(self, *archives, more=()):
        mirrors = [self.url(f"{index}.archive", archive) for index, archive in enumerate(archives)]
        return self.run_main(*(argument for url in mirrors for argument in ("--mirror", url)), *more)

    def there(self):
        return {path.name: path.read_bytes() for path in self.output.iterdir()} if self.output.exists() else {}

    def assert_refused(self, archive, *parts, code=3):
        """One mirror fails with a line that has `parts`, a last line says what to do, and nothing was written."""
        self.assertEqual(self.fetch(archive), code)
        self.assertEqual(len(self.errors), 2, self.errors)
        for part in ("0.archive: ", *parts):
            self.assertIn(part, self.errors[0])
        self.assertIn("--mirror file:///PATH", self.errors[1])
        self.assertEqual((self.lines, self.there()), ([], {}))

    def test_a_zip_and_a_tgz_give_the_three_files_and_the_next_command(self):
        for archive in (packed(), packed_as_tgz(), packed(folder=""), packed(method=zipfile.ZIP_STORED)):
            self.output = pathlib.Path(tempfile.mkdtemp(dir=self.folder)) / "new" / "folder"
            self.assertEqual(self.fetch(archive), 0, archive)
            self.assertEqual(self.there(), FILES)
            self.assertEqual(self.errors, [])
            self.assertEqual(self.lines[-1], f"next: {NEXT} {self.output.resolve()}")

    def test_the_next_command_is_right_in_every_folder(self):
        self.assertTrue((REPOSITORY / "configs" / "wikitext2_small.toml").is_file())
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        os.chdir(self.folder)
        for folder in (pathlib.Path("a b"), self.folder / "a b"):
            words = shlex.split(fetch_wikitext2.next_command(folder))
            self.assertEqual(words, [*shlex.split(NEXT), str(self.folder.resolve() / "a b")])
            self.assertTrue(all(os.path.isabs(words[i]) for i in (0, 3, 5)), words)

    def test_mirrors_are_tried_in_turn_and_the_named_ones_first(self):
        self.patch("MIRRORS", [self.url("known.zip", packed())])
        nowhere = (self.folder / "nowhere.zip").as_uri()
        page = self.url("page.html", b"<html>moved</html>")
        self.assertEqual(self.run_main("--mirror", nowhere, "--mirror", page), 0)
        self.assertEqual(self.errors, [
            f"fetch_wikitext2: {nowhere}: unreachable: No such file or directory",
            f"fetch_wikitext2: {page}: neither zip nor tgz: it begins with b'<html>moved</htm'",
        ])
        self.assertEqual(self.there(), FILES)

    def test_the_first_good_mirror_ends_the_search(self):
        self.patch("MIRRORS", [(self.folder / "nowhere.zip").as_uri()])
        self.assertEqual(self.fetch(packed()), 0)
        self.assertEqual(self.errors, [])

    def test_where_no_mirror_answers_the_environment_is_at_fault(self):
        self.patch("MIRRORS", [(self.folder / name).as_uri() for name in ("a.zip", "b.zip")])
        self.assertEqual(self.run_main(), 5)
        self.assertEqual(len(self.errors), 3)
        self.assertEqual(self.there(), {})

    def test_an_http_status_is_told_in_a_line(self):
        self.patch("MIRRORS", ["https://mirror.invalid/a.zip"])
        error = urllib.error.HTTPError("https://mirror.invalid/a.zip", 403, "Forbidden\n\033[2Jhere", None, io.BytesIO())
        self.addCleanup(error.close)
        with mock.patch("urllib.request.urlopen", side_effect=error) as urlopen:
            self.assertEqual(self.run_main(), 5)
        self.assertIn("a.zip: HTTP status 403 (Forbidden  [2Jhere)", self.errors[0])
        self.assertGreater(urlopen.call_args.kwargs["timeout"], 0)
        self.assertNotIn("urllib", urlopen.call_args.args[0].get_header("User-agent"))

    def test_a_connection_that_ends_early_or_is_slow_is_told(self):
        self.patch("MIRRORS", ["https://mirror.invalid/a.zip"])
        for seconds, part in ((900, f"cut off after 7 of {len(packed())} bytes"), (-1, "too slow: 7 bytes")):
            self.patch("DOWNLOAD_SECONDS", seconds)
            response = io.BytesIO(packed()[:7])
            response.headers = {"Content-Length": str(len(packed()))}
            with mock.patch("urllib.request.urlopen", return_value=response):
                self.assertEqual(self.run_main(), 5)
            self.assertIn(part, self.errors[0])

    def test_truncated_archives_are_refused(self):
        for archive in (packed(), packed_as_tgz()):
            for kept in (4, len(archive) // 2, len(archive) - 9):
                self.assert_refused(archive[:kept], "a damaged archive")
        self.assert_refused(b"", "neither zip nor tgz")

    def test_an_archive_with_any_byte_wrong_never_gives_wrong_files(self):
        for archive in (packed(), packed_as_tgz()):
            for position in range(0, len(archive), 3):
                damaged = bytearray(archive)
                damaged[position] ^= 0x55
                with contextlib.suppress(fetch_wikitext2.Failure):
                    self.assertEqual(fetch_wikitext2.unpack(bytes(damaged)), FILES)

    def test_other_content_is_refused_by_its_checksum(self):
        other = hashlib.sha256(b"other").hexdigest()
        for pack in (packed, packed_as_tgz):
            self.assert_refused(pack({**FILES, VALID: b"other"}), f"{VALID} has sha256 {other}, but WikiText-2's is")

    def test_an_archive_without_one_of_the_files_is_refused(self):
        self.assert_refused(packed({TRAIN: FILES[TRAIN], VALID: FILES[VALID]}), f"an archive without {TEST}")
        self.assert_refused(packed_as_tgz({}), f"an archive without {TRAIN}")
        self.assert_refused(gzip.compress(b"text"), "a damaged archive")

    def test_files_that_are_too_large_are_refused_whatever_the_archive_says_of_them(self):
        self.patch("LIMIT_BYTES", 20_000)
        zeros = {**FILES, TRAIN: bytes(20_001)}
        self.assert_refused(packed(zeros), f"{TRAIN} is too large: more than 20000 bytes")
        self.assert_refused(packed_as_tgz(zeros), "the tgz is too large")
        self.assert_refused(packed(method=zipfile.ZIP_STORED) + bytes(20_000), "too large: more than 20000 bytes")

        size, false_size = struct.pack("<I", 20_001), struct.pack("<I", len(FILES[TRAIN]))
        self.assertEqual(packed(zeros).count(size), 2)  # In the entry's header and in the list at the end.
        self.assert_refused(packed(zeros).replace(size, false_size), "a damaged archive")

    def test_a_tar_header_that_claims_gigabytes_is_not_believed(self):
        entry = tarfile.TarInfo("././@LongLink")
        entry.type, entry.size = tarfile.GNUTYPE_LONGNAME, 1 << 40
        self.assert_refused(gzip.compress(entry.tobuf() + bytes(1024)), "a damaged archive")

    def test_methods_of_packing_without_a_bound_are_not_unpacked(self):
        with mock.patch.object(bz2, "BZ2Decompressor", side_effect=AssertionError):
            self.assert_refused(packed(method=zipfile.ZIP_BZIP2), "an archive without")

    def test_paths_in_an_archive_lead_nowhere(self):
        for pack in (packed, packed_as_tgz):
            archive = pack({**FILES, "../evil.txt": b"evil", "passwd": b"evil"}, folder="../../../")
            with tempfile.TemporaryDirectory(dir=self.folder) as folder:
                self.output = pathlib.Path(folder) / "a" / "b" / "out"
                self.assertEqual(self.fetch(archive), 0)
                self.assertEqual(self.there(), FILES)
                self.assertEqual(sum(path.is_file() for path in self.folder.rglob("*")), 4)  # The archive, too.

    def test_folders_and_links_with_the_name_of_a_file_are_passed_over(self):
        output = io.BytesIO()
        with tarfile.open(fileobj=output, mode="w:gz") as archive:
            for kind, name in ((tarfile.DIRTYPE, TRAIN), (tarfile.SYMTYPE, VALID), (tarfile.LNKTYPE, TEST)):
                entry = tarfile.TarInfo(name)
                entry.type, entry.linkname = kind, "/etc/passwd"
                archive.addfile(entry)
        self.assert_refused(output.getvalue(), f"an archive without {TRAIN}")
        self.assertEqual(self.fetch(packed({f"{TRAIN}/": b"", **{f"a/{name}": content for name, content in FILES.items()}})), 0)

    def test_files_that_are_there_and_right_are_kept_without_a_download(self):
        self.fetch(packed())
        before = {name: (self.output / name).stat().st_mtime_ns for name in NAMES}
        self.assertEqual(self.run_main("--mirror", (self.folder / "nowhere.zip").as_uri(), "--force"), 0)
        self.assertEqual(self.errors, [])
        self.assertEqual(self.lines[:3], [f"{self.output / name}: there already and right, kept" for name in NAMES])
        self.assertEqual(before, {name: (self.output / name).stat().st_mtime_ns for name in NAMES})

    def test_only_what_is_missing_is_written(self):
        self.fetch(packed())
        (self.output / VALID).unlink()
        before = (self.output / TRAIN).stat().st_ino
        self.assertEqual(self.fetch(packed()), 0)
        self.assertEqual(self.there(), FILES)
        self.assertEqual((self.output / TRAIN).stat().st_ino, before)

    def test_a_file_of_other_content_is_refused_by_name_and_replaced_with_force(self):
        self.output.mkdir()
        (self.output / VALID).write_bytes(b"mine")
        self.assertEqual(self.fetch(packed()), 3)
        self.assertIn(f"{self.output / VALID}: sha256 ", self.errors[0])
        self.assertIn("--force", self.errors[0])
        self.assertEqual((len(self.errors), self.there()), (1, {VALID: b"mine"}))
        self.assertEqual(self.fetch(b"no archive", more=["--force"]), 3)
        self.assertEqual(self.there(), {VALID: b"mine"})
        self.assertEqual(self.fetch(packed(), more=["--force"]), 0)
        self.assertEqual(self.there(), FILES)

    def test_a_link_is_replaced_and_not_what_it_leads_to(self):
        self.output.mkdir()
        (self.folder / "mine.txt").write_bytes(b"mine")
        (self.output / TRAIN).symlink_to(self.folder / "mine.txt")
        self.assertEqual(self.fetch(packed(), more=["--force"]), 0)
        self.assertEqual(self.there(), FILES)
        self.assertEqual((self.folder / "mine.txt").read_bytes(), b"mine")

    def test_places_of_the_wrong_kind_are_refused_before_a_download(self):
        (self.output / TRAIN).mkdir(parents=True)
        self.assertEqual(self.run_main("--force"), 2)
        self.assertEqual(self.errors, [f"fetch_wikitext2: {self.output / TRAIN} is no file; move it away"])
        self.output = self.folder / "file"
        self.output.write_bytes(b"")
        self.assertEqual(self.run_main(), 2)
        self.assertEqual(self.errors, [f"fetch_wikitext2: {self.output} is no folder; name one with --output DIR"])
        for below in ("x", "x/y"):
            self.assertEqual(self.run_main("--output", str(self.output / below)), 2)
            self.assertEqual(self.errors, [f"fetch_wikitext2: {self.output} is no folder; name one with --output DIR"])

    def test_a_folder_that_cannot_be_written_is_the_environments_fault(self):
        self.output = pathlib.Path("/proc/bertforge")
        self.assertEqual(self.fetch(packed()), 5)
        self.assertEqual(len(self.errors), 1)
        self.assertIn("fetch_wikitext2: /proc/bertforge: ", self.errors[0])

    def test_a_full_disk_leaves_what_was_there(self):
        self.output.mkdir()
        (self.output / TRAIN).write_bytes(b"mine")
        full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with mock.patch("os.fsync", side_effect=[None, None, full]):
            self.assertEqual(self.fetch(packed(), more=["--force"]), 5)
        self.assertIn(f"{self.output}: No space left on device", self.errors[0])
        self.assertEqual((self.lines, self.there()), ([], {TRAIN: b"mine"}))

    def test_what_is_no_url_is_one_clear_line(self):
        for url in ("wikitext-2-v1.zip", "/tmp/a.zip", "file://a.zip", "file:a.zip", "https:///a.zip", "ftp://a/b", "http://[a"):
            self.assertEqual(self.run_main("--mirror", url), 2, url)
            self.assertEqual(len(self.errors), 1, self.errors)
            self.assertIn(f"--mirror {url}: no URL", self.errors[0])


class ProcessTest(unittest.TestCase):
    """The script as a user runs it, with the real checksums. A run here ends before the mirrors that it knows."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_script(self, *arguments):
        return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, encoding="utf-8")

    def test_help_names_the_options_and_an_unknown_one_is_a_usage_error(self):
        done = self.run_script("--help")
        self.assertEqual(done.returncode, 0)
        for option in ("--output", "--mirror", "--force", "--help"):
            self.assertIn(option, done.stdout)
        self.assertEqual(self.run_script("--out", "x").returncode, 2)
        self.assertEqual(self.run_script("x").returncode, 2)
        self.assertTrue(os.access(SCRIPT, os.X_OK))

    def test_another_file_in_the_folder_is_refused(self):
        (self.folder / TEST).write_bytes(b"mine")
        done = self.run_script("--output", self.folder)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn(f"fetch_wikitext2: {self.folder / TEST}: sha256 ", done.stderr)

    def test_ctrl_c_during_a_download_leaves_nothing(self):
        pipe, output = self.folder / "slow.zip", self.folder / "out"
        os.mkfifo(pipe)
        with subprocess.Popen([sys.executable, SCRIPT, "--output", output, "--mirror", pipe.as_uri()], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            with open(pipe, "wb", buffering=0) as writer:  # Waits until the script reads.
                writer.write(b"PK")
                process.send_signal(signal.SIGINT)
                lines, errors = process.communicate(timeout=60)
        self.assertEqual((process.returncode, lines, errors), (130, "", "fetch_wikitext2: interrupted\n"))
        self.assertFalse(output.exists())

    def test_the_real_files_from_a_zip_and_a_tgz(self):
        if not SHARED.is_dir():
            message = f"no {SHARED}; BERTFORGE_SHARED names the folder of the oracles"
            self.fail(message) if os.environ.get("CI") == "true" else self.skipTest(message)
        files = {name: (SHARED / name).read_bytes() for name in NAMES}
        for name, pack in (("a.zip", packed), ("a b.tgz", packed_as_tgz)):
            (self.folder / name).write_bytes(pack(files))
            output = self.folder / f"from {name}"
            done = self.run_script("--output", output, "--mirror", (self.folder / name).as_uri())
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual({path.name: path.read_bytes() for path in output.iterdir()}, files)
            self.assertEqual(done.stdout.splitlines()[-1], f"next: {NEXT} '{output.resolve()}'")


if __name__ == "__main__":
    unittest.main()
