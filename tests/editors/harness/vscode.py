"""A real VS Code: code-server's page in Debian's Chromium."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page

from tests.editors.harness.code_server import CodeServer
from tests.editors.harness.waiting import until

GHOST = ".ghost-text-decoration, .ghost-text-decoration-preview, .suggest-preview-text"


class VsCode:
    """The page, with one file open."""

    def __init__(
        self,
        code: CodeServer,
        browser: Browser,
        folder: Path,
        file: Path,
        size: tuple[int, int] = (1280, 800),
        on_failure: Callable[[Callable[[Path], None]], None] = lambda dump: None,
    ) -> None:
        self.code = code
        self.file = file
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        self.page: Page = context.new_page()
        self.page.set_default_timeout(90_000)
        on_failure(self.dump)  # from now on: what does not even open wants to be looked at most
        self.page.goto(code.address(folder, [("openFile", code.remote(file))]))
        self.page.wait_for_selector(".monaco-editor .view-lines")

    def reload(self) -> None:
        """Close the window and open it again, as the same person."""
        self.page.reload()
        self.page.wait_for_selector(".monaco-editor .view-lines")

    @property
    def status(self) -> Locator:
        return self.page.locator("[id='slm-lsp.slm-lsp.slm-lsp.status'] a")

    def status_text(self) -> str:
        label = self.status.get_attribute("aria-label") if self.status.count() else None
        return label or ""

    def wait_until_ready(self) -> None:
        until("the status bar says ready", lambda: "slm-lsp: ready" in self.status_text())

    def go_to_end(self) -> None:
        self.page.locator(".monaco-editor .view-lines").first.click()
        self.page.keyboard.press("Control+End")

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def ghost(self) -> str:
        """The suggestion on the screen, or ''."""
        texts = self.page.locator(GHOST).all_text_contents()
        return plain("".join(texts))

    def wait_for_ghost(self) -> str:
        return until("ghost text", self.ghost)

    def saved(self) -> str:
        """The document's text, by way of the disk."""
        self.press("Control+s")
        until("saved", lambda: not self.page.locator(".tab.active.dirty").count())
        return self.file.read_text()

    def command(self, title: str) -> None:
        """Run a command by its title in the palette."""
        self.press("F1")
        box = self.page.locator(".quick-input-widget input.input")
        box.wait_for()
        box.fill(f">{title}")
        row = self.page.locator(".quick-input-widget .monaco-list-row").first
        until(f"the command {title}", lambda: title in (row.get_attribute("aria-label") or ""))
        self.press("Enter")

    def install_from_menu(self, vsix: Path) -> None:
        """*Install from VSIX…*, in the menu of the view *Extensions*."""
        self.press("Control+Shift+X")
        entry = self.page.locator(".monaco-menu .action-item", has_text="Install from VSIX")

        def offered() -> bool:
            # The entry is there once VS Code knows where it can install something.
            self.press("Escape")
            self.page.locator(".part.sidebar a[aria-label^='Views and More']").click()
            self.page.locator(".monaco-menu .action-item").first.wait_for()
            return entry.count() > 0

        until("the entry Install from VSIX", offered)
        entry.click()
        box = self.page.locator(".quick-input-widget input.input")
        until("a folder to choose from", lambda: box.count() and box.input_value().endswith("/"))

        def chosen() -> bool:
            # While a folder is being read, keys are lost.
            if box.is_visible():
                box.fill(str(vsix))
                self.page.wait_for_timeout(500)
                self.press("Enter")
                self.page.wait_for_timeout(500)
            return not box.is_visible()

        until("the file is chosen", chosen)
        # That view takes the keys to itself whenever it has something to show.
        self.press("Control+Shift+E")

    def choices(self) -> list[str]:
        """What a list at the top of the window offers."""
        return self.page.locator(".quick-input-widget .monaco-list-row").all_text_contents()

    def choose(self, label: str) -> None:
        """Pick the entry of a list that has this label."""
        row = self.page.locator(".quick-input-widget .monaco-list-row", has_text=label).first
        row.click()

    def focus_file(self) -> None:
        """Back to the file, wherever the last command led."""
        self.press("Escape")
        self.page.locator(f".tab[data-resource-name='{self.file.name}']").first.click()
        self.page.locator(".editor-group-container.active .view-lines").first.click()

    def shown_text(self) -> str:
        """What the active editor shows of its text."""
        lines = self.page.locator(".editor-group-container.active .view-lines").first
        return plain(lines.text_content() if lines.count() else "")

    def panel_text(self) -> str:
        """What the panel below shows."""
        texts = self.page.locator(".part.panel .view-lines").all_text_contents()
        return plain(" ".join(texts))

    def tabs(self) -> str:
        return " ".join(self.page.locator(".tab").all_text_contents())

    def notifications(self) -> list[str]:
        return self.page.locator(".notification-list-item-message").all_text_contents()

    def messages(self) -> list[str]:
        """Also those that came while the window was still being drawn, and wait behind the bell."""
        if not self.notifications():
            self.command("Notifications: Show Notifications")
        return self.notifications()

    def dump(self, folder: Path) -> None:
        self.page.screenshot(path=folder / "screen.png")
        (folder / "notifications.txt").write_text("\n".join(self.notifications()))
        self.code.copy_logs(folder)

    def close(self) -> None:
        self.page.context.close()


def plain(text: str | None) -> str:
    """VS Code draws spaces as characters of their own."""
    return (text or "").replace("\u00a0", " ").replace("\u00b7", " ")
