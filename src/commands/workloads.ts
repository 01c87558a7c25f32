import { Args, Flags } from '@oclif/core'
import { describeSchema, type SchemaForm, schemaForms, sqlEngines } from '../lib/app/describe-schema.ts'
import { BaseCommand } from '../lib/cli/base-command.ts'
import { failure } from '../lib/base/errors/errors.ts'
import { formatTable } from '../lib/base/format.ts'
import type { AnyTable } from '../lib/ports/database.ts'
import { loadWorkload, workloadNames } from '../lib/workloads/registry.ts'

interface ListedWorkload {
  readonly name: string
  readonly summary: string
  readonly embedded: string
  readonly servers: string
  readonly original: string
}

/** The tables of one workload. */
interface ListedTables {
  readonly name: string
  readonly tables: readonly AnyTable[]
  readonly schema: string
}

export default class Workloads extends BaseCommand {
  static override summary = 'List the built-in systems, with what each runs on, or describe the tables of one.'
  static override description =
    'Each is chosen by --workload on migrate, start, load and audit. All of them run with no server at all. --schema writes the tables that migrate makes: as Markdown, as a diagram for Mermaid, or as SQL.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
    '<%= config.bin %> <%= command.id %> tickets --schema mermaid',
    '<%= config.bin %> <%= command.id %> vaccination --schema sql --engine mysql',
  ]
  static override args = {
    name: Args.string({ description: 'one of them, for its tables', options: [...workloadNames] }),
  }
  static override flags = {
    schema: Flags.option({ options: schemaForms, summary: 'describe the tables of the workload that is named' })(),
    engine: Flags.option({
      options: sqlEngines,
      default: 'postgres',
      summary: 'the engine whose SQL --schema sql writes',
    })(),
  }

  async run(): Promise<readonly ListedWorkload[] | ListedTables> {
    const { args, flags } = await this.parse(Workloads)
    if (args.name !== undefined) return this.#showTables(args.name, flags.schema ?? 'markdown', flags.engine)
    if (flags.schema !== undefined)
      throw failure('usage-wrong', {
        reason: '--schema needs the name of a workload: rushbench workloads tickets --schema sql.',
      })
    const loaded = await Promise.all(workloadNames.map(loadWorkload))
    const workloads = loaded.map(({ name, summary, runsOn, original }) => ({ name, summary, ...runsOn, original }))
    this.log(
      formatTable(
        ['workload', 'what it is', 'with no server', 'on servers'],
        workloads.map(({ name, summary, embedded, servers }) => [name, summary, embedded, servers]),
      ),
    )
    return workloads
  }

  async #showTables(name: string, form: SchemaForm, engine: (typeof sqlEngines)[number]): Promise<ListedTables> {
    const workload = await loadWorkload(name)
    const schema = describeSchema(workload, form, engine)
    this.log(schema)
    return { name, tables: workload.tables, schema }
  }
}
