"""VS Code's explain view: what the model saw, by parts, and where each snippet comes from."""

from tests.editors.harness.installed import needs
from tests.editors.harness.waiting import until

needs("playwright")

A_MOMENT_MS = 1000


def test_the_explain_view_shows_the_prompt(vscode, place):
    vscode.type(place.key)
    vscode.wait_for_ghost()
    vscode.press("Escape")
    vscode.command("slm-lsp: Explain Last Suggestion")
    frame = vscode.page.frame_locator("iframe.webview.ready").frame_locator("iframe")
    prompt = frame.locator("#prompt")
    prompt.wait_for()
    prefix = frame.locator("#prompt .prefix").text_content() or ""
    assert prefix.endswith(place.line)
    assert "fim_middle" in (frame.locator("#prompt .marker").last.text_content() or "")


def test_the_explain_view_tells_the_parts_by_colour(vscode, place):
    vscode.type(place.key)
    vscode.wait_for_ghost()
    vscode.command("slm-lsp: Explain Last Suggestion")
    frame = vscode.page.frame_locator("iframe.webview.ready").frame_locator("iframe")
    frame.locator("#prompt").wait_for()
    colour = "(found) => getComputedStyle(found).backgroundColor"
    parts = {
        name: frame.locator(f"#prompt .{name}").first.evaluate(colour)
        for name in ("marker", "prefix", "suffix", "snippet", "header")
        if frame.locator(f"#prompt .{name}").count()
    }
    assert {"marker", "prefix"} <= set(parts)
    assert len(set(parts.values())) == len(parts) and "rgba(0, 0, 0, 0)" not in parts.values()
    for name in parts:
        assert frame.locator(f"p > .{name}").count() == 1, "the legend names the part"
    said = frame.locator("body").text_content() or ""
    assert "Such a suggestion begins right in" in said
    headings = " ".join(frame.locator("h2").all_text_contents())
    wanted = ("What happened to the answer", "What the model saw", "Snippets", "Time", "Tokens")
    assert [heading for heading in wanted if heading not in headings] == []


def test_the_explain_view_tells_where_snippets_come_from(show, installed, workspace):
    (workspace / "money.py").write_text("def to_cents(price: float) -> int:\n    return 1\n")
    (workspace / "slm-lsp.toml").write_text("[context]\ndeadline_ms = 5000\n")
    file = workspace / "app.py"
    file.write_text("from money import to_cents\n\n\ndef total(prices):\n    return to_cents")
    vscode = show(installed, workspace, file)
    vscode.wait_until_ready()
    vscode.go_to_end()
    frame = vscode.page.frame_locator("iframe.webview.ready").frame_locator("iframe")
    body = frame.locator("body")
    for key in "(price":
        # The repository is read in the background; what comes too early comes without it, and the
        # next line asks anew.
        vscode.type(key)
        vscode.press("Alt+\\")
        # VS Code asks a moment later, and not at all if the palette has the keyboard by then.
        vscode.page.wait_for_timeout(A_MOMENT_MS)
        vscode.command("slm-lsp: Explain Last Suggestion")
        until(
            "the view",
            lambda: (
                "Nothing has been asked" in (body.text_content() or "")
                or frame.locator("#prompt").count()
            ),
        )
        if frame.locator("#snippets").count():
            break
        vscode.focus_file()
        vscode.press("Control+End", "Enter")
    assert "def to_cents(price: float)" in (frame.locator("#prompt .snippet").text_content() or "")
    row = frame.locator("#snippets tr").nth(1).text_content() or ""
    assert "money.py" in row and "to_cents is imported" in row
