import { Args } from '@oclif/core'
import { BaseCommand } from '../lib/cli/base-command.ts'
import RushbenchHelp from '../lib/cli/help.ts'

export default class HelpCommand extends BaseCommand {
  static override summary = 'Show what rushbench can do, or how a command is used.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> load']
  static override usage = '<%= command.id %> [COMMAND]'
  static override args = { command: Args.string({ description: 'command to explain' }) }

  async run(): Promise<void> {
    const { args } = await this.parse(HelpCommand)
    await new RushbenchHelp(this.config).showHelp(args.command === undefined ? [] : [args.command])
  }
}
