import { Flags } from '@oclif/core'
import { defaultExpected } from '../load/clients/expected-statuses.ts'
import { engineNames } from '../base/arrivals.ts'
import { mostConnections } from '../base/limits.ts'
import { defaultConnections } from '../app/load/request-model.ts'

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
