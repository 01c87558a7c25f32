import { Flags } from '@oclif/core'
import { failure } from './lib/errors.ts'
import { readFixedRequest } from './lib/load/fixed-request.ts'
import type { SaturationModel } from './lib/load/model.ts'

const defaultConnections = 100
const mostConnections = 10_000

/** Flags that say what another kind of load does. */
const scenarioFlags = [
  'users',
  'ramp-up',
  'stages',
  'rate',
  'arrivals',
  'burst',
  'max-in-flight',
  'threads',
  'workers',
  'scenario',
  'mix',
  'find-limit',
]

/** The flags of `load` that send one request over and over. They stand in no config file: headers hold passwords. */
export const saturationFlags = {
  request: Flags.string({
    summary: "send this request over and over, such as 'POST /booking', instead of running scenarios",
    exclusive: scenarioFlags,
  }),
  header: Flags.string({
    summary: "of the request, such as 'Authorization: Bearer x'; may be repeated",
    multiple: true,
    secret: true,
    dependsOn: ['request'],
  }),
  body: Flags.string({
    summary: 'of the request, or @ and a file that has it; JSON unless a header says otherwise',
    secret: true,
    dependsOn: ['request'],
  }),
  connections: Flags.integer({
    summary: `connections that each send the request again as soon as it is answered [default: ${defaultConnections}]`,
    min: 1,
    max: mostConnections,
    dependsOn: ['request'],
  }),
  requests: Flags.integer({
    summary: 'send it so many times, however long that takes',
    min: 1,
    dependsOn: ['request'],
    exclusive: ['duration'],
  }),
}

/** What was said by them. */
export interface SaturationFlags {
  readonly header?: string[] | undefined
  readonly body?: string | undefined
  readonly connections?: number | undefined
  readonly requests?: number | undefined
}

/** The load that the flags ask for; it takes `durationMs` unless they say how many requests. Throws `usage-wrong`. */
export async function readSaturationModel(
  request: string,
  { header = [], body, connections = defaultConnections, requests }: SaturationFlags,
  durationMs: number,
): Promise<SaturationModel> {
  if (requests !== undefined && requests < connections) {
    throw failure('usage-wrong', {
      reason: `${requests} requests cannot keep ${connections} connections busy; take fewer --connections.`,
    })
  }
  return {
    kind: 'saturation',
    connections,
    requests: requests ?? null,
    durationMs: requests === undefined ? durationMs : null,
    send: await readFixedRequest({ line: request, headers: header, body }),
  }
}
