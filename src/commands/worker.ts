import { hostname } from 'node:os'
import { Flags } from '@oclif/core'
import { BaseCommand, settingFlags } from '../base-command.ts'
import { failure } from '../lib/errors.ts'
import { plain } from '../lib/reports/format.ts'
import type { PartEvent } from '../lib/load/workers/run-part.ts'
import { runWorker } from '../worker-run.ts'
import { readAllowed } from '../allowed-scenarios.ts'

export default class WorkerCommand extends BaseCommand {
  static override summary = 'Wait on a queue for work, such as a part of a load, and do it.'
  static override description = `Takes one part at a time of what "rushbench load --workers N --queue ..." puts on the queue, from any machine that
reaches the queue and the target. Ctrl-C gives the part under way back, which ends its run.

A scenario file travels with its load. It is code from the queue that would run here with your rights, so that
none is run unless --allow-scenarios permits it: by the hash of the file (sha256sum FILE), or any. Whoever may write
to the queue may have a worker load what its machine reaches by 127.0.0.1; --allow-remote lets it load other machines
as well. docs/workers.md says more.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> --queue redis://127.0.0.1:6379',
    '<%= config.bin %> <%= command.id %> --queue rediss://user:password@queue.example.com:6379/0 --name rack-4 --allow-remote',
    '<%= config.bin %> <%= command.id %> --queue redis://127.0.0.1:6379 --allow-scenarios any',
  ]
  static override flags = {
    ...settingFlags('queue'),
    name: Flags.string({ summary: 'what this worker is called in reports [default: its host and process]' }),
    'allow-scenarios': Flags.string({
      multiple: true,
      default: ['none'],
      summary: 'scenario files that it runs: none, any, or sha256:HASH; hashes may be repeated',
    }),
    'allow-remote': Flags.boolean({ summary: 'load targets that are not on this machine; they must be yours' }),
  }

  async run(): Promise<{ readonly name: string; readonly parts: readonly PartEvent[] }> {
    const { flags } = await this.parse(WorkerCommand)
    const { values } = await this.resolveSettings(flags)
    const { queue } = values
    if (queue === undefined)
      throw failure('usage-wrong', { reason: 'A worker needs to know its queue; name it by --queue.' })
    const name = flags.name ?? `${hostname()}-${process.pid}`
    const parts: PartEvent[] = []
    const options = {
      queue,
      name,
      allowedScenarios: readAllowed(flags['allow-scenarios']),
      allowRemote: flags['allow-remote'],
    }
    await runWorker(this, options, (event) => {
      this.log(plain(describe(event)))
      if (event.event === 'ended' || event.event === 'refused') parts.push(event)
    })
    const given = parts.at(-1)
    if (given?.event === 'ended' && given.reason === 'it was stopped') this.endWith('interrupted')
    return { name, parts }
  }
}

function describe(event: PartEvent): string {
  const part = `part ${event.part} of ${event.of} of run ${event.run}`
  if (event.event === 'refused') return `${part}: refused. ${event.reason}`
  if (event.event !== 'ended') return `${part}: ${event.event}`
  const done = `${event.requests} requests, ${event.failures} failures`
  return event.reason === null ? `${part}: ended, ${done}` : `${part}: given back because ${event.reason}, ${done}`
}
