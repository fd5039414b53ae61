// What the suites share: waiting, and running one test after the other.
const vscode = require('vscode');

const PATIENCE_MS = 40_000;

exports.until = async (what, probe) => {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > end) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
};

/** The answer to `slm.status`; undefined while there is no server. */
exports.report = () => vscode.commands.executeCommand('slm.status').then(undefined, () => undefined);

/** VS Code's contract for `run`: an error says that something failed. */
exports.runAll = async (tests, ...given) => {
  const failures = [];
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test(...given);
      console.log(`ok ${name}`);
    } catch (error) {
      console.log(`FAILED ${name}: ${error.stack}`);
      failures.push(name);
    }
  }
  if (failures.length) throw new Error(`${failures.length} failed: ${failures.join('; ')}`);
};
