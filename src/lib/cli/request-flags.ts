import { Flags } from '@oclif/core'
import { strongestOf, type RunConfig } from '../config/resolve.ts'
import { failure } from '../base/errors/errors.ts'
import { defaultExpected } from '../load/clients/expected-statuses.ts'
import { readFixedRequest } from '../load/clients/fixed-request.ts'
import { engineNames } from '../base/arrivals.ts'
import { mostConnections } from '../base/limits.ts'
import { createModel, modelNames, type OpenModel, type SaturationModel } from '../load/engine/model.ts'

const defaultConnections = 100

/** Flags that say what another kind of load does. */
const scenarioFlags = ['users', 'ramp-up', 'stages', 'scenario', 'mix', 'ledger']

/** The flags of `load` that send one request over and over. They stand in no config file: headers hold passwords. */
export const requestFlags = {
  request: Flags.string({
    summary: "send this request over and over, such as 'POST /booking', instead of running scenarios",
    exclusive: scenarioFlags,
  }),
  header: Flags.string({
    summary: "of the request, such as 'Authorization: Bearer x'; may be repeated, also under one name",
    multiple: true,
    secret: true,
    dependsOn: ['request'],
  }),
  body: Flags.string({
    summary: 'of the request, or @ and a file that has it; JSON unless a header says otherwise',
    secret: true,
    dependsOn: ['request'],
  }),
  expect: Flags.string({
    summary: `statuses that are right answers to the request, such as 200,304 or 2xx,409 [default: ${defaultExpected}]`,
    dependsOn: ['request'],
  }),
  connections: Flags.integer({
    summary: `connections that each send the request again as soon as it is answered [default: ${defaultConnections}]`,
    min: 1,
    max: mostConnections,
    dependsOn: ['request'],
    exclusive: ['rate'],
  }),
  requests: Flags.integer({
    summary: 'send it so many times in all, however long that takes',
    min: 1,
    dependsOn: ['request'],
    exclusive: ['duration', 'rate', 'find-limit'],
  }),
  engine: Flags.option({
    options: engineNames,
    summary: 'what sends the request; autocannon is a second opinion, which can do less [default: rushbench]',
    dependsOn: ['request'],
  })(),
}

/** What was said by them. */
export interface RequestFlags {
  readonly header?: string[] | undefined
  readonly body?: string | undefined
  readonly expect?: string | undefined
  readonly connections?: number | undefined
  readonly requests?: number | undefined
  readonly engine?: (typeof engineNames)[number] | undefined
}

/**
 * The load that the flags ask for: at the rate of the settings, or else as fast as connections are answered, for their
 * duration unless the flags say how many requests. Throws `usage-wrong`.
 */
export async function readRequestModel(
  request: string,
  flags: RequestFlags,
  config: RunConfig,
): Promise<SaturationModel | (OpenModel & { readonly send: object })> {
  const { header = [], body, expect, connections, requests, engine = 'rushbench' } = flags
  const send = await readFixedRequest({ line: request, headers: header, body, expect })
  const hasRate = strongestOf(config, modelNames) === 'arrivalRate' && config.values.arrivalRate !== undefined
  // A rate in a config file may stand there for another day.
  if (hasRate && connections === undefined && requests === undefined) {
    if (engine === 'autocannon') throw noRate()
    const model = createModel('arrivalRate', config.values)
    if (model.kind === 'open') return { ...model, send }
  }
  if (config.settings.some(({ name, origin }) => name === 'burst' && origin === 'flag')) {
    throw failure('usage-wrong', { reason: 'burst raises a rate; give one with --rate.' })
  }
  return {
    kind: 'saturation',
    engine,
    connections: connections ?? defaultConnections,
    requests: requests ?? null,
    durationMs: requests === undefined ? config.values.duration : null,
    send,
  }
}

function noRate(): Error {
  return failure('usage-wrong', {
    reason:
      'autocannon cannot hold a rate without making up latencies for it; leave out --engine autocannon, or --rate.',
  })
}
