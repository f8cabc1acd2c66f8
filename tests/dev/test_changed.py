"""Which tests the quick loop runs."""

import pytest

from dev import changed


@pytest.mark.parametrize(
    ("paths", "tests"),
    [
        (["mash/actions/decision.py", "mash/urls.py"], ["tests/mash"]),
        (["templates/cases/home.html", "cases/queries/work.py"], ["tests/cases"]),
        (["tests/mash/test_decision.py"], ["tests/mash/test_decision.py"]),
        (["tests/mash/test_decision.py", "mash/urls.py"], ["tests/mash"]),
        (["tests/mash/pages.py"], ["tests/mash"]),
        (["templates/base.html", "docs/flags.md", "README.md"], ["tests/lib"]),
        (["people/models.py", "lib/words.py"], ["tests/lib", "tests/people"]),
        (["tests/mash/test_taken_away.py"], ["tests/lib"]),
        ([], ["tests/lib"]),
    ],
)
def test_changed_files_stand_for_the_tests_of_their_room(paths, tests):
    assert changed.tests_for(paths) == tests


def test_folder_of_all_tests_leaves_nothing_else_to_name():
    assert changed.tests_for(["tests/personas.py", "mash/urls.py"]) == ["tests"]
