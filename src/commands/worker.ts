import { hostname } from 'node:os'
import { Flags } from '@oclif/core'
import { BaseCommand } from '../lib/cli/base-command.ts'
import { failure } from '../lib/base/errors/errors.ts'
import { isSet } from '../lib/config/resolve.ts'
import { countOf, plain } from '../lib/base/format.ts'
import type { ShardEvent } from '../lib/load/distributed/queue-worker.ts'
import type { SeedEvent } from '../lib/seeding/distributed/seed-worker.ts'
import { runWorker } from '../lib/app/worker.ts'
import { readAllowed, settingFlags } from '../lib/cli/flags.ts'

/** Result of the command, which `--json` prints. */
interface WorkerSummary {
  readonly name: string
  /** Shards of loads. */
  readonly parts: readonly ShardEvent[]
  readonly seedings: readonly SeedEvent[]
}

export default class WorkerCommand extends BaseCommand {
  static override summary = 'Wait on a queue for jobs, such as a shard of a load, and do them.'
  static override description = `Takes one job at a time of what "rushbench load --workers N --queue ..." puts on the queue, from any machine that \
reaches the queue and the target. Ctrl-C gives the job under way back, which ends its run.

A scenario file travels with its load. It is code from the queue that would run here with your rights, so none runs \
unless --allow-scenarios permits it: by the hash of the file (sha256sum FILE), or any. Anyone who can write to the \
queue can make a worker load what its machine reaches by 127.0.0.1; --allow-remote lets it load other machines as \
well. docs/workers.md says more.

With --db it also stores blocks of the seedings that "rushbench insert-reservations --workers N --queue ..." begins \
in that database, and of no other: no password goes over the queue. docs/seeding.md says more.

Ends with 0 when it is stopped while it waits, with 130 when it had a job to give back.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> --queue redis://127.0.0.1:6379',
    '<%= config.bin %> <%= command.id %> --queue rediss://user:password@queue.example.com:6379/0 --name rack-4 --allow-remote',
    '<%= config.bin %> <%= command.id %> --queue redis://127.0.0.1:6379 --allow-scenarios any',
    '<%= config.bin %> <%= command.id %> --queue redis://127.0.0.1:6379 --db mysql://user:password@127.0.0.1/test',
  ]
  static override flags = {
    ...settingFlags('queue', 'db'),
    name: Flags.string({ summary: 'name of this worker in reports [default: its host and process]' }),
    'allow-scenarios': Flags.string({
      multiple: true,
      default: ['none'],
      summary: 'scenario files that it runs: none, any, or sha256:HASH; hashes may be repeated',
    }),
    'allow-remote': Flags.boolean({ summary: 'load targets that are not on this machine; they must be yours' }),
  }

  async run(): Promise<WorkerSummary> {
    const { flags } = await this.parse(WorkerCommand)
    const { values, settings } = await this.resolveSettings(flags)
    const { queue } = values
    if (queue === undefined)
      throw failure('usage-wrong', { reason: 'A worker needs to know its queue; name it by --queue.' })
    const name = flags.name ?? `${hostname()}-${process.pid}`
    const shards: ShardEvent[] = []
    const seedings: SeedEvent[] = []
    const options = {
      queue,
      name,
      allowedScenarios: readAllowed(flags['allow-scenarios']),
      allowRemote: flags['allow-remote'],
      db: isSet(settings.db) ? values.db : null,
    }
    await runWorker(this.context, options, {
      onShard: (event) => {
        this.log(plain(describe(event)))
        if (event.event === 'ended' || event.event === 'refused') shards.push(event)
      },
      onSeed: (event) => {
        this.log(plain(describeSeeding(event)))
        if (event.event !== 'begun') seedings.push(event)
      },
    })
    const given = shards.at(-1)
    if (given?.event === 'ended' && given.reason === 'it was stopped') this.endWith('interrupted')
    return { name, parts: shards, seedings }
  }
}

function describe(event: ShardEvent): string {
  const shard = `shard ${event.part} of ${event.of} of run ${event.run}`
  if (event.event === 'refused') return `${shard}: refused. ${event.reason}`
  if (event.event !== 'ended') return `${shard}: ${event.event}`
  const errors = event.errors > 0 ? `, ${countOf(event.errors, 'iteration')} threw` : ''
  const done = `${countOf(event.requests, 'request')}, ${countOf(event.failures, 'failure')}${errors}`
  return event.reason === null ? `${shard}: ended, ${done}` : `${shard}: given back because ${event.reason}, ${done}`
}

function describeSeeding(event: SeedEvent): string {
  // A job that was refused may not even say which one it is.
  const seeding = `seeding ${event.seeding}`.trim()
  if (event.event === 'refused') return `${seeding}: refused. ${event.reason}`
  if (event.event === 'begun') return `${seeding}: begun`
  const done = `${countOf(event.blocks, 'block')}, ${countOf(event.rows, 'row')}`
  return event.reason === null ? `${seeding}: ended, ${done}` : `${seeding}: left because ${event.reason}, ${done}`
}
