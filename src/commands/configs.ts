import { BaseCommand } from '../lib/cli/base-command.ts'
import { settingFlags } from '../lib/cli/flags.ts'
import type { ResolvedSetting } from '../lib/config/resolve.ts'
import { definitionOf, settingNames } from '../lib/config/settings.ts'
import { formatTable } from '../lib/base/format.ts'

export default class Configs extends BaseCommand {
  static override summary = 'Show every setting, its value and where it came from.'
  static override description = `Each source overrides those before it: defaults, a config file (anything cosmiconfig finds for "rushbench": \
package.json, .rushbenchrc.json, rushbench.config.js, ...), RUSHBENCH_* variables, flags. Passwords are never shown.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    'RUSHBENCH_USERS=500 <%= config.bin %> <%= command.id %> --db mysql://root:secret@127.0.0.1/test',
    '<%= config.bin %> <%= command.id %> --json',
  ]
  // Two settings of one flag could not be told apart here.
  static override flags = settingFlags(...settingNames.filter((name) => definitionOf(name).flag === undefined))

  async run(): Promise<{ settings: readonly ResolvedSetting[] }> {
    const { flags } = await this.parse(Configs)
    const settings = Object.values((await this.resolveSettings(flags)).settings)
    const rows = settings.map(({ name, shown, source }) => [name, shown ?? '(not set)', source])
    this.log(formatTable(['setting', 'value', 'from'], rows))
    return { settings }
  }
}
