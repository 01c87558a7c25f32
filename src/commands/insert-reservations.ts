import { Flags } from '@oclif/core'
import { abandonReservations, seedReservations } from '../lib/app/seed.ts'
import { BaseCommand } from '../lib/cli/base-command.ts'
import { settingFlags } from '../lib/cli/flags.ts'
import { flagName, namesWith } from '../lib/config/settings.ts'

export default class InsertReservations extends BaseCommand {
  static override usage = [
    '<%= command.id %> [--rows <value> | --number <value>] [FLAGS]',
    '<%= command.id %> --resume [--rows <value>] [--verify] [FLAGS]',
    '<%= command.id %> --verify [--db <value>] [--reports <value>]',
    '<%= command.id %> --abandon [--db <value>]',
  ]
  static override summary = "Seed reservations in bulk, by the engine's fastest bulk strategy."
  static override description = `Spreads reservations evenly over the slots; each slot's stock stays true. Blocks of up to 50,000 rows are committed \
one by one, each with its entry in a journal: after Ctrl-C, kill -9 or the loss of the server, --resume stores \
exactly the blocks that are missing. The same seed gives the same rows, however many connections store them. With \
--order shuffled or --indexes after, and on MongoDB and Redis, stock is set when all rows are in.

With --workers and --queue the blocks are stored by "rushbench worker --queue ... --db ..." on any machines, each \
over --connections; the rows are the same. docs/seeding.md explains it.

With --verify and nothing to seed, the table is checked against what the reports in --reports say was seeded.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --rows 10m --keys random --connections 2 --db mysql://user:password@127.0.0.1/test',
    '<%= config.bin %> <%= command.id %> --resume --verify',
    '<%= config.bin %> <%= command.id %> --rows 1000m --workers 8 --queue redis://127.0.0.1:6379 --db mysql://user:password@127.0.0.1/test',
  ]
  static override flags = {
    ...settingFlags('db', 'number', 'rows', 'keys', 'order', 'indexes', 'connections', 'seed', 'reports', 'report'),
    ...settingFlags('workers', 'queue', 'workerWait'),
    resume: Flags.boolean({
      summary: 'go on with the unfinished seeding; with --rows or --number, begin one where there is none',
    }),
    abandon: Flags.boolean({
      summary: 'keep what an unfinished seeding has stored, and forget the rest',
      exclusive: ['resume', 'verify', ...namesWith('recipe').map(flagName)],
    }),
    verify: Flags.boolean({
      summary:
        'read the whole table, after a seeding or at any later time, and compare its checksum with that of the seeded rows',
    }),
  }

  async run(): Promise<Awaited<ReturnType<typeof seedReservations | typeof abandonReservations>>> {
    const { flags } = await this.parse(InsertReservations)
    const config = await this.resolveSettings(flags)
    return flags.abandon
      ? abandonReservations(this.context, config.values)
      : seedReservations(this.context, config, flags)
  }
}
