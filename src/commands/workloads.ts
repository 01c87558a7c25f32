import { BaseCommand } from '../lib/cli/base-command.ts'
import { formatTable } from '../lib/base/format.ts'
import { loadWorkload, workloadNames } from '../lib/workloads/registry.ts'

interface ListedWorkload {
  readonly name: string
  readonly summary: string
  readonly embedded: string
  readonly servers: string
  readonly original: string
}

export default class Workloads extends BaseCommand {
  static override summary = 'List the built-in systems, with what each runs on.'
  static override description =
    'Each is chosen by --workload on migrate, start, load and audit. All of them run with no server at all.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']

  async run(): Promise<readonly ListedWorkload[]> {
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
}
