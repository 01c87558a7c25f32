import { join } from 'node:path'
import { Command, Errors, Flags, ux } from '@oclif/core'
import type { Input, ParserOutput } from '@oclif/core/interfaces'
import { errorJson, paint, printError } from './output.ts'
import { commandLine } from '../config/command-line.ts'
import { resolveConfig, type RunConfig } from '../config/resolve.ts'
import type { SettingName } from '../config/settings.ts'
import { exitCodes } from '../base/errors/error-entry.ts'
import { failure, RushbenchError } from '../base/errors/errors.ts'
import { hideInWord, hideSecrets } from '../base/secret-text.ts'
import { endProcess } from '../app/end-process.ts'
import { showPreparing, showProgress, showSeconds, showTrial, showWaits, type ProgressDisplay } from './progress.ts'
import type { RunContext } from '../app/run-context.ts'
import { usageFailure } from './usage-errors.ts'
import type { Wait } from '../ports/database-facts.ts'
import type { Progress } from '../base/progress.ts'
import { requireReadable } from '../app/services.ts'

/** Parsed flags or arguments of a command. */
type Output = Record<string, unknown>

/** Facts about a flag that oclif does not know. */
interface KnownFlag {
  readonly setting?: SettingName
  /** The value may hold a password. */
  readonly secret?: boolean
}

const hidden = '***'

/** Flags of all commands, which change nothing of a run. */
const inheritedFlags: ReadonlySet<string> = new Set(['beside-original', 'help', 'json', 'verbose', 'version'])

/** How long an open connection or thread may hold the process once its command is done, ms. */
const leftOpenMs = 2000

/** Reports a command that waits for nothing any more: Node would exit with 0. */
function onEmptyLoop(): void {
  process.exitCode = exitCodes.error
  ux.stderr(`Error: ${failure('unfinished', {}).message}`)
}

/** Base of every command: `--json`, `--verbose`, settings, Ctrl-C, and errors as one sentence with an exit code. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true
  static override usage: string | string[] = '<%= command.id %> [FLAGS]'
  static override baseFlags = {
    json: Flags.boolean({ summary: 'print the result as JSON', helpGroup: 'GLOBAL' }),
    verbose: Flags.boolean({ summary: 'show the stack trace of an error', helpGroup: 'GLOBAL' }),
    // These two are handled before any command runs; they are declared for the help alone.
    version: Flags.boolean({ char: 'v', summary: 'show the version of rushbench', helpGroup: 'GLOBAL' }),
    help: Flags.boolean({ char: 'h', summary: 'show how the command is used', helpGroup: 'GLOBAL' }),
  }

  readonly #abort = new AbortController()
  #display: ProgressDisplay | null = null
  readonly #writeWait = showWaits('')

  /** Aborts on the first Ctrl-C or SIGTERM; the second one ends the process at once. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  protected override async init(): Promise<void> {
    await super.init()
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, this.#onSignal)
    process.on('beforeExit', onEmptyLoop)
  }

  /** Throws `usage-wrong` for what is not in `options`. */
  protected override async parse<F extends Output, B extends Output, A extends Output>(
    options?: Input<F, B, A>,
    argv?: string[],
  ): Promise<ParserOutput<F, B, A>> {
    try {
      return await super.parse<F, B, A>(options, argv)
    } catch (error) {
      if (error instanceof Errors.ExitError || !(error instanceof Error)) throw error
      const { flags, baseFlags } = this.ctor
      const names = Object.keys({ ...baseFlags, ...flags })
      throw usageFailure(error, { command: this.id ?? '', flags: names, words: this.argv })
    }
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, this.#onSignal)
    process.off('beforeExit', onEmptyLoop)
    await super.finally(error)
    setTimeout(() => void endProcess(null), leftOpenMs).unref()
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#abort.signal.aborted) {
      void endProcess(signal)
      return
    }
    this.#abort.abort()
    if (!this.jsonEnabled() && process.stderr.isTTY) ux.stderr('Stopping; press Ctrl-C again to stop at once.')
  }

  /** Resolves every setting, and writes the command line that sets them all. */
  protected async resolveSettings(flags: Readonly<Record<string, unknown>>): Promise<RunConfig> {
    const known = this.ctor.flags as Readonly<Record<string, KnownFlag>>
    // A flag of this command may have the name of another command's setting.
    const ofSettings = Object.entries(flags).flatMap(([flag, raw]) => {
      const setting = known[flag]?.setting
      return setting ? [[setting, raw]] : []
    })
    const others = Object.entries(flags)
      .filter(([flag]) => !known[flag]?.setting && !inheritedFlags.has(flag))
      .map(([flag, raw]) => [flag, known[flag]?.secret ? hidden : withoutSecrets(raw)])
    const config = await resolveConfig({ flags: Object.fromEntries(ofSettings), env: process.env, cwd: process.cwd() })
    const settings = Object.values(known).flatMap(({ setting }) => setting ?? [])
    await requireReadable(config.values, settings)
    const invocation = {
      command: this.id ?? '',
      settings,
      others: Object.fromEntries(others),
    }
    return { ...config, command: commandLine(config, invocation) }
  }

  /** Shows what the database keeps the current step waiting for; nothing with `--json`. */
  readonly #onWait = (wait: Wait | null): void => {
    if (this.#display) this.#display.wait(wait)
    else if (!this.jsonEnabled()) this.#writeWait(wait)
  }

  /** The context that use cases run on. */
  get context(): RunContext {
    const quiet = this.jsonEnabled()
    return {
      version: this.config.version,
      entryPoint: join(this.config.root, 'bin', 'run.js'),
      signal: this.signal,
      paint,
      progress: {
        track: (title, unit, step) => this.#track(title, unit, step),
        seconds: (durationMs) => showSeconds(durationMs, quiet),
        preparing: () => showPreparing(quiet),
        trial: () => showTrial(quiet),
      },
      log: (text) => this.log(text),
      note: (text) => this.logToStderr(text),
      warn: (text) => void this.warn(text),
      onWait: this.#onWait,
    }
  }

  /** Runs a long step and shows its progress on stderr. */
  async #track<T>(
    title: string,
    unit: string,
    step: (onProgress: (progress: Progress) => void) => Promise<T>,
  ): Promise<T> {
    const display = showProgress(title, unit, this.jsonEnabled())
    this.#display = display
    try {
      return await step(display.update)
    } finally {
      this.#display = null
      display.stop()
    }
  }

  /** Sets the exit code that the command ends with after its output was printed. */
  protected endWith(name: keyof typeof exitCodes): void {
    process.exitCode = exitCodes[name]
  }

  protected override async catch(thrown: Error & { exitCode?: number }): Promise<void> {
    const error = isFolderGone(thrown) ? failure('folder-gone', {}, thrown) : thrown
    const verbose = this.argv.includes('--verbose')
    if (error instanceof Errors.CLIError) {
      await super.catch(error)
      return
    }
    const exitCode = error instanceof RushbenchError ? error.exitCode : exitCodes.error
    process.exitCode = exitCode
    printError(error, this.jsonEnabled())
    if (this.jsonEnabled()) return
    if (verbose) ux.stderr(hideSecrets(stackOf(error)))
    else if (!(error instanceof RushbenchError)) {
      ux.stderr('rushbench has no sentence for this fault. Run it again with --verbose to see where it comes from.')
    }
    this.exit(exitCode)
  }

  protected override toErrorJson(error: unknown): object {
    return errorJson(error)
  }
}

/** Hides secrets in the value of a flag that is no setting: it may be a URL, or contain one. */
function withoutSecrets(raw: unknown): unknown {
  if (Array.isArray(raw)) return raw.map(withoutSecrets)
  return typeof raw === 'string' ? hideInWord(raw) : raw
}

/** Whether Node found the working directory removed, which it looks up for every relative path. */
function isFolderGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).syscall === 'uv_cwd'
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\nCaused by: ${stackOf(error.cause)}` : ''
  return `${error.stack ?? error.message}${cause}`
}
