"""The browser fixtures themselves: a page loads, axe looks, JavaScript can be off."""

from urllib.parse import quote

import pytest

PAGE = """<!doctype html><html lang="en-GB"><head><title>{title}</title></head><body><main>
<h1>Example</h1><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="{alt}>
</main><script>document.title = "Scripted"</script></body></html>"""


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_page_reaches_the_service(page, live_server):
    answer = page.goto(live_server.url + "/health/")

    assert answer.status == 200


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_axe_names_what_is_wrong(page, axe):
    page.set_content(PAGE.format(title="Example", alt=""))

    found = axe(page)

    assert [line.split(":")[0] for line in found] == ["image-alt"]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_axe_finds_nothing_wrong_with_a_sound_page(page, axe):
    page.set_content(PAGE.format(title="Example", alt=' alt=""'))

    assert axe(page) == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_plain_page_runs_no_javascript(page, plain_page):
    source = PAGE.format(title="Example", alt=' alt=""')
    for shown in (page, plain_page):
        shown.goto("data:text/html;charset=utf-8," + quote(source))

    assert (page.title(), plain_page.title()) == ("Scripted", "Example")
