import { fileURLToPath } from 'node:url'
import type { RunContext } from '../../src/lib/app/run-context.ts'
import { resolveConfig, type RunConfig } from '../../src/lib/config/resolve.ts'
import type { SettingName } from '../../src/lib/config/settings.ts'

/** Context of a use case, with everything that it printed. */
export interface TestContext extends RunContext {
  readonly logged: readonly string[]
  readonly notes: readonly string[]
  readonly warnings: readonly string[]
  /** Titles of the steps whose progress was shown. */
  readonly tracked: readonly string[]
}

/** Creates a context without a terminal: text stays uncoloured, and progress is not shown. */
export function createTestContext(signal = new AbortController().signal): TestContext {
  const [logged, notes, warnings, tracked]: string[][] = [[], [], [], []]
  const uncoloured = (text: string): string => text
  return {
    logged: logged!,
    notes: notes!,
    warnings: warnings!,
    tracked: tracked!,
    version: '0.0.0',
    entryPoint: fileURLToPath(new URL('../../bin/run.js', import.meta.url)),
    signal,
    paint: { good: uncoloured, bad: uncoloured, faint: uncoloured, bold: uncoloured },
    progress: {
      track(title, _unit, step) {
        tracked!.push(title)
        return step(() => {})
      },
      seconds: () => ({ update() {}, note() {}, stop() {} }),
      preparing: () => () => {},
      trial: () => () => {},
    },
    log: (text) => void logged!.push(text),
    note: (text) => void notes!.push(text),
    warn: (text) => void warnings!.push(text),
    onWait() {},
  }
}

/** Resolves settings as a command does, from flags alone. */
export async function configOf(flags: Partial<Record<SettingName, string>>): Promise<RunConfig> {
  const config = await resolveConfig({ flags, env: {}, cwd: fileURLToPath(new URL('.', import.meta.url)) })
  return { ...config, command: 'rushbench test' }
}
