"""Settings come from one file and the environment, and what is wrong is named."""

import os
import stat
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path

import pytest

from fedinode.config import KEYS, load_settings, parse_origin, write_settings
from fedinode.errors import ConfigError

ORIGIN = 'origin = "https://berlin.example"\n'


def folder(path: Path, more: str = "") -> Path:
    (path / "fedinode.toml").write_text(ORIGIN + more, "utf-8")
    return path


def refused(path: Path, environ: Mapping[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as error:
        load_settings(path, environ or {})
    assert str(error.value).endswith(".")
    return str(error.value)


def test_a_file_with_an_origin_is_enough(tmp_path: Path) -> None:
    settings = load_settings(folder(tmp_path), {})
    assert settings.origin == "https://berlin.example"
    assert settings.database_url == f"sqlite:///{tmp_path}/fedinode.db"
    assert settings.federation.allow_addresses == ()
    assert not settings.is_local


def test_the_environment_wins(tmp_path: Path) -> None:
    environ = {
        "FEDINODE_ORIGIN": "http://berlin.localhost:8001",
        "FEDINODE_FEDERATION__ALLOW_ADDRESSES": "10.0.0.0/8, fd00::/8",
        "FEDINODE_LIMITS__CONNECTIONS": "7",
        "FEDINODE_PRIVACY__SHOW_FOLLOWERS": "yes",
        "FEDINODE_DATA": "/elsewhere",
        "PATH": "/bin",
    }
    settings = load_settings(folder(tmp_path, "[limits]\nconnections = 5\n"), environ)
    assert settings.origin == "http://berlin.localhost:8001"
    assert settings.is_local
    assert settings.federation.allow_addresses == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    assert settings.limits.connections == 7
    assert settings.privacy.show_followers


def test_the_environment_of_the_process_is_read_when_none_is_given(tmp_path: Path) -> None:
    assert load_settings(folder(tmp_path)).origin == os.environ.get(
        "FEDINODE_ORIGIN", "https://berlin.example"
    )


def test_an_origin_from_the_environment_needs_no_file(tmp_path: Path) -> None:
    assert load_settings(tmp_path, {"FEDINODE_ORIGIN": "https://a.example"}).origin == "https://a.example"


def test_every_section_is_read(tmp_path: Path) -> None:
    more = (
        '[federation]\nallow_addresses = ["127.0.0.0/8"]\naccept_follows = "manual"\n'
        '[mail]\ncontact = "us@berlin.example"\n[media]\nmax_side = 100\n[privacy]\nkeep_journal_days = 3\n'
    )
    settings = load_settings(folder(tmp_path, more), {})
    assert settings.federation.accept_follows == "manual"
    assert settings.mail.contact == "us@berlin.example"
    assert settings.media.max_side == 100
    assert settings.privacy.keep_journal_days == 3


def test_the_folders_lie_in_the_data_folder(tmp_path: Path) -> None:
    settings = load_settings(folder(tmp_path), {})
    assert {settings.secrets_dir, settings.media_dir, settings.temporary_dir} == {
        tmp_path / name for name in ("secrets", "media", "tmp")
    }


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("postgresql://node:hidden@db/node\n", "utf-8")
    settings = load_settings(folder(tmp_path), {"FEDINODE_DATABASE_URL_FILE": str(secret)})
    assert settings.database_url == "postgresql://node:hidden@db/node"
    assert "hidden" not in repr(settings)


def test_the_file_of_a_secret_that_is_missing_is_named(tmp_path: Path) -> None:
    said = refused(folder(tmp_path), {"FEDINODE_METRICS_TOKEN_FILE": str(tmp_path / "none")})
    assert "FEDINODE_METRICS_TOKEN_FILE" in said


def test_only_secrets_come_from_files(tmp_path: Path) -> None:
    assert 'no setting "origin_file"' in refused(folder(tmp_path), {"FEDINODE_ORIGIN_FILE": "/etc/hostname"})


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    assert "fedinode init" in refused(tmp_path)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("orign = 1", 'there is no setting "orign"; did you mean "origin"'),
        ("[federaton]\nx = 1", 'there is no setting "federaton"'),
        ("[limits]\nconnection = 1", 'did you mean "limits.connections"'),
        ("[limits]\nconnections = 0", '"limits.connections" must be a whole number above 0'),
        ("[limits]\nconnections = true", "must be a whole number above 0"),
        ("limits = 1", 'there is no setting "limits"'),
        ("[privacy]\nshow_followers = 2", "must be true or false"),
        ('[federation]\naccept_follows = "maybe"', 'must be one of "automatic", "manual", "known"'),
        ('[federation]\nallow_addresses = ["10.0.0.1/8"]', "something that is no network"),
        ("[federation]\nallow_addresses = 5", "must be a list of networks"),
        ('database_url = "mysql://x"', 'must begin with "sqlite:" or "postgresql:"'),
        ('metrics_token = ""', "a text that is not empty"),
        ("= broken", "cannot be read"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, more: str, said: str) -> None:
    sentence = refused(folder(tmp_path, more))
    assert said in sentence
    assert "fedinode.toml" in sentence


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    said = refused(folder(tmp_path), {"FEDINODE_PRIVACY__SHOW_FOLLOWERS": "perhaps"})
    assert said == 'FEDINODE_PRIVACY__SHOW_FOLLOWERS: "privacy.show_followers" must be true or false.'


def test_a_misspelt_variable_is_named(tmp_path: Path) -> None:
    assert 'FEDINODE_ORIGN: there is no setting "orign"' in refused(folder(tmp_path), {"FEDINODE_ORIGN": "x"})


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://Berlin.Example/", "https://berlin.example"),
        ("https://berlin.example:443", "https://berlin.example"),
        ("https://berlin.example:8443", "https://berlin.example:8443"),
        ("http://berlin.localhost:80", "http://berlin.localhost"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_an_origin_has_one_spelling(written: str, origin: str) -> None:
    assert parse_origin(written) == origin


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("berlin.example", "must look like"),
        ("ftp://berlin.example", "must look like"),
        ("https://", "must look like"),
        ("https://berlin.example/node", "without path"),
        ("https://me@berlin.example", "without path, query or user name"),
        ("http://berlin.example", "must begin with https://"),
        ("http://notlocalhost", "dot in it"),
        ("https://192.0.2.1", "not an IP address"),
        ("https://[2001:db8::1]", "no valid host name"),
        ("https://berlin", "dot in it"),
        ("https://ber lin.example", "no valid host name"),
        ("https://berlin.example:99999", "out of range"),
    ],
)
def test_what_is_no_origin_is_refused(written: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_origin(written)


def test_new_settings_are_read_back_and_private(tmp_path: Path) -> None:
    path = write_settings(tmp_path, origin="https://berlin.example", contact='"us"@berlin.example')
    settings = load_settings(tmp_path, {})
    assert settings.origin == "https://berlin.example"
    assert settings.mail.contact == '"us"@berlin.example'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_settings_are_never_overwritten(tmp_path: Path) -> None:
    write_settings(tmp_path, origin="https://berlin.example")
    with pytest.raises(ConfigError, match="exists already"):
        write_settings(tmp_path, origin="https://other.example")
    assert load_settings(tmp_path, {}).origin == "https://berlin.example"


def test_every_variable_is_its_keys_name() -> None:
    variables = {key.variable for key in KEYS}
    assert {"FEDINODE_ORIGIN", "FEDINODE_FEDERATION__ALLOW_ADDRESSES"} <= variables
    assert len(variables) == len(KEYS)
