/** What went wrong, told to the user with what helps. */

import * as vscode from 'vscode';
import { NoInterpreter } from './interpreter.ts';

const BUTTONS: Readonly<Record<string, string>> = {
    'Select Interpreter': 'unlag.selectInterpreter',
    'Try Again': 'unlag.restart',
    Restart: 'unlag.restart',
    'Show Log': 'unlag.showLog',
};

/** Does what nobody waits for; says what went wrong, and offers what helps. */
export async function attempt(
    log: vscode.LogOutputChannel,
    step: () => Promise<void>,
): Promise<void> {
    try {
        await step();
    } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        log.error(message);
        const isAlone = error instanceof NoInterpreter;
        await complain(message, isAlone ? ['Select Interpreter', 'Try Again'] : ['Restart']);
    }
}

/** Shows a message with buttons, of those that are known here, and the one that leads to the log. */
export async function complain(message: string, help: readonly string[]): Promise<void> {
    const pressed = await vscode.window.showErrorMessage(message, ...help, 'Show Log');
    const command = BUTTONS[pressed ?? ''];
    if (command !== undefined) {
        await vscode.commands.executeCommand(command);
    }
}
