"""The first hour at the desk, on a telephone and without scripts: link, password, second factor."""

from playwright.sync_api import expect

from tests.browser.desk_visitors import Desk, code, first_link, sign_out, submit, use_link

EMAIL, PASSWORD = "mira@example.org", "seven herons at the canal"


def test_the_owner_comes_in_by_the_link_of_init_and_later_by_password_and_code(new_desk: Desk) -> None:
    desk = new_desk
    said = desk.node.run(
        *("init", "--origin", desk.node.origin, "--collective", "berlin", "--name", "Berlin"),
        *("--language", "en", "--email", EMAIL),
    )
    desk.node.start()
    page = desk.page_of(javascript=False, locale="en", width=360)

    def look() -> None:
        assert desk.barriers(page, width=360) == []

    link = first_link(said.stderr)
    page.goto(link)
    look()
    use_link(page, link)
    look()
    desk.go(page, "/desk/account")
    look()
    page.get_by_label("New password").fill(PASSWORD)
    submit(page, "Set the password")
    expect(page.get_by_role("status")).to_be_visible()
    sign_out(page)
    look()

    def enter_password(password: str) -> None:
        page.get_by_label("Mail address").fill(EMAIL)
        page.get_by_label("Password").fill(password)
        submit(page, "Sign in")

    enter_password("eight herons at the canal")
    expect(page.get_by_role("alert")).to_be_visible()
    look()
    enter_password(PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("What waits")

    desk.go(page, "/desk/account")
    secret = page.get_by_role("region", name="Second factor").locator("code").inner_text()
    page.get_by_label("Code", exact=True).fill("nonsense")
    submit(page, "Turn it on")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Code", exact=True).fill(code(secret))
    submit(page, "Turn it on")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    look()
    recovery = page.locator(".codes code").all_inner_texts()
    assert len(set(recovery)) == 10
    page.get_by_role("link", name="I have written them down").click()

    # No code counts twice, so the next one is that of the next half minute, or one from the paper.
    for proof in ("next code", recovery[3]):
        sign_out(page)
        enter_password(PASSWORD)
        expect(page.get_by_role("heading", level=1)).to_have_text("Your code")
        look()
        page.get_by_label("The six digits").fill("000000x")
        submit(page, "Go on")
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_label("The six digits").fill(code(secret, steps_ahead=1) if " " in proof else proof)
        submit(page, "Go on")
        expect(page.get_by_role("heading", level=1)).to_have_text("What waits")

    desk.go(page, "/desk/account")
    look()
    expect(page.get_by_text("9 recovery codes are left")).to_be_visible()
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("This link does not work any more")
