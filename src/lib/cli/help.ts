import { CommandHelp, Help, ux, type Command, type Interfaces } from '@oclif/core'
import { asksForJson, printError } from './output.ts'
import { exitCodes } from '../base/errors/error-entry.ts'
import { unknownCommand } from './usage-errors.ts'

/** Help of one command: its summary once, and the flags that all commands have after its own. */
class RushbenchCommandHelp extends CommandHelp {
  protected override description(): string | undefined {
    const { description } = this.command
    return description === undefined ? undefined : this.wrap(description)
  }

  protected override groupFlags(flags: Command.Flag.Any[]): ReturnType<CommandHelp['groupFlags']> {
    const { flagGroups, mainFlags } = super.groupFlags(flags)
    const { GLOBAL, ...own } = flagGroups
    return { flagGroups: GLOBAL ? { ...own, GLOBAL } : own, mainFlags }
  }
}

/** Help as `--help`, `-h` and the command `help` show it; with `--json` as an object. */
export default class RushbenchHelp extends Help {
  protected override CommandHelpClass = RushbenchCommandHelp
  readonly #json = asksForJson(process.argv)
  readonly #lines: string[] = []

  constructor(config: Interfaces.Config, opts: Partial<Interfaces.HelpOptions> = {}) {
    super(config, { ...opts, ...(asksForJson(process.argv) ? { stripAnsi: true } : {}) })
  }

  /** Ends the process where the first word is no command. */
  override async showHelp(argv: string[]): Promise<void> {
    const words = argv.filter((word) => word !== 'help' && !['--help', '-h', '--json'].includes(word))
    const [subject] = words
    const commands = this.sortedCommands.map(({ id }) => id)
    if (subject !== undefined && !subject.startsWith('-') && !commands.includes(subject)) {
      printError(unknownCommand(subject, commands), this.#json)
      process.exit(exitCodes.usage)
    }
    await super.showHelp(words)
    if (this.#json) ux.stdout(JSON.stringify({ help: this.#lines.join('\n').trim() }, null, 2))
  }

  protected override log(...lines: string[]): void {
    if (this.#json) this.#lines.push(...lines)
    else super.log(...lines)
  }
}
