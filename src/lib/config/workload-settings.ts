import { z } from 'zod'
import { mostReplicas } from '../base/limits.ts'
import { countAllowed, durationAllowed, type Setting } from './setting.ts'
import { count, duration, percentage, someOf, texts, wholeNumber } from '../base/parse-values.ts'

const partNames = ['user', 'post', 'chat', 'image', 'saga', 'relay'] as const

/** Nobody calls the relay. A port that is too large is refused by the system. */
const serviceAddresses = texts.refine(
  (entries) =>
    entries.length > 0 &&
    entries.every((entry) => /^(?:user|post|chat|image|saga)=(?:\[[\da-fA-F:.]+\]|[\w.-]+):\d{1,5}$/.test(entry)) &&
    new Set(entries.map((entry) => entry.split('=')[0])).size === entries.length,
)

/** The built-in system, and settings of only some of them. */
export const workloadSettings = {
  workload: {
    schema: z.string().regex(/^[a-z]+$/),
    default: 'vaccination',
    summary: 'the built-in system; "rushbench workloads" lists them',
    allowed: 'the name of a workload',
    char: 'w',
    served: 'text',
    scenario: true,
  },
  mix: {
    schema: texts.refine((names) => names.length > 0),
    default: undefined,
    summary: "names of the workload's scenarios that users run; by default all of them, each by its weight",
    allowed: 'names of scenarios with commas, as in the documentation of the workload',
    scenario: true,
    compared: true,
  },
  broker: {
    schema: z.string().regex(/^(sqlite|nats|kafka):.+$/s),
    default: 'sqlite:.rushbench/broker.db',
    summary: 'where workloads with messages send them; a file by default',
    allowed: 'sqlite:PATH, nats://host:port, kafka://host:port',
    secretUrl: true,
    served: 'text',
  },
  locations: {
    schema: z.string().min(1),
    default: undefined,
    summary: 'JSON file with the stations, their days and places; by default those that ship with rushbench',
    allowed: 'a path',
    served: 'text',
  },
  wire: {
    schema: z.enum(['own', 'original']),
    default: 'own',
    summary: 'shapes and statuses of stations and orders; those of the original let its clients run',
    allowed: 'own, original',
    served: 'text',
    scenario: true,
    compared: true,
  },
  replicas: {
    schema: wholeNumber(1, mostReplicas),
    default: '1',
    summary: 'processes that serve the API, each on a port of its own: the one given and those after it',
    allowed: `a whole number from 1 to ${mostReplicas}`,
    served: 'text',
  },
  service: {
    schema: someOf('all', 'gateway', ...partNames).refine((names) => names.length === 1 || !names.includes('all')),
    default: 'all',
    summary: 'which parts of the workload meetups this process runs; all of them, unless some are named',
    allowed: 'all, or some of gateway, user, post, chat, image, saga, relay with commas',
    served: 'text',
  },
  servicePort: {
    schema: wholeNumber(1, 65_530),
    default: '7100',
    summary: 'port of the user service in a process of its own; post, chat, image, saga and relay have those after it',
    allowed: 'a whole number from 1 to 65530',
    served: 'text',
  },
  serviceHost: {
    schema: z.string().min(1),
    default: '127.0.0.1',
    summary:
      'address that services of the workload meetups in processes of their own listen on; 0.0.0.0 opens them to the network',
    allowed: 'an address or name of this machine',
    served: 'text',
  },
  serviceAddresses: {
    schema: serviceAddresses,
    default: undefined,
    summary:
      'where services of the workload meetups are found that are on other machines; those that are not named are on this one',
    allowed: 'NAME=HOST:PORT with commas, of user, post, chat, image, saga, such as chat=10.0.0.7:7102',
    served: 'text',
  },
  serviceTls: {
    schema: z.enum(['none', 'server', 'mutual']),
    default: 'none',
    summary: 'encrypts the calls between services of the workload meetups; mutual asks callers for a certificate, too',
    allowed: 'none, server, mutual',
    served: 'text',
  },
  serviceCert: {
    schema: z.string().min(1),
    default: undefined,
    summary: 'PEM file of the certificate that a service shows, and with mutual its callers',
    allowed: 'a path',
    served: 'text',
  },
  serviceKey: {
    schema: z.string().min(1),
    default: undefined,
    summary: 'PEM file of the key of that certificate',
    allowed: 'a path',
    served: 'text',
  },
  serviceCa: {
    schema: z.string().min(1),
    default: undefined,
    summary:
      'PEM file of the authority that has signed the certificates of services; those that Node knows, unless it is given',
    allowed: 'a path',
    served: 'text',
  },
  serviceHealthPort: {
    schema: wholeNumber(0, 65_535),
    default: undefined,
    summary:
      "port of gRPC's health check alone, which is never encrypted, beside that of the services; 0 takes any free one",
    allowed: 'a whole number from 0 to 65535',
    served: 'text',
  },
  relay: {
    schema: z.enum(['auto', 'log', 'poll']),
    default: 'auto',
    summary:
      "how the relay of the workload meetups learns of events: from the database's log, or by looking into the table; auto takes the log where the server lets it",
    allowed: 'auto, log, poll',
    served: 'text',
  },
  images: {
    // Rules of S3 for buckets; keys are names that need no escaping.
    schema: z
      .string()
      .regex(/^(?:disk:.+|s3:\/\/[a-z\d][a-z\d.-]{1,61}[a-z\d](?:\/[\w.-]{1,100}){0,5}\/?)$/s)
      .refine((place) => !/^s3:.*\/\.{1,2}(?:\/|$)/.test(place)),
    default: 'disk:.rushbench/images',
    summary: 'where the workload meetups keeps images: in a folder, or in a bucket of S3 or of a server like it',
    allowed: 'disk:PATH or s3://BUCKET, or s3://BUCKET/PREFIX',
    served: 'text',
  },
  orders: {
    schema: count.refine((orders) => orders > 0 && orders <= 10_000_000),
    default: '1000',
    summary: 'orders that are seeded, and that readers ask for',
    allowed: `${countAllowed}, from 1 to 10m`,
    scenario: true,
  },
  messages: {
    schema: count.refine((messages) => messages > 0 && messages <= 100_000_000),
    default: '1000',
    summary: 'messages to publish',
    allowed: `${countAllowed}, from 1 to 100m`,
    flag: 'count',
  },
  interval: {
    schema: duration(0),
    default: '0ms',
    summary: 'time from one message to the next; 0ms publishes them as fast as they are acknowledged',
    allowed: `${durationAllowed}, or parts of them such as 0.2ms`,
  },
  invalid: {
    schema: percentage,
    default: '0%',
    summary: 'how many of the messages are no orders: texts, bytes, broken JSON, wrong types and more',
    allowed: 'a percentage from 0% to 100%',
  },
  isolation: {
    schema: z.enum(['read-committed', 'repeatable-read', 'serializable']),
    default: 'serializable',
    summary: 'the isolation that transactions of the workload isolation ask for, and are judged by',
    allowed: 'read-committed, repeatable-read, serializable',
    scenario: true,
    compared: true,
  },
  activeKeys: {
    schema: wholeNumber(1, 1000),
    default: '8',
    summary: 'lists and registers that users of the workload isolation work on at a time; fewer meet more often',
    allowed: 'a whole number from 1 to 1000',
    scenario: true,
    compared: true,
  },
  operations: {
    schema: wholeNumber(1, 20),
    default: '4',
    summary: 'reads and writes in each transaction of the workload isolation',
    allowed: 'a whole number from 1 to 20',
    scenario: true,
    compared: true,
  },
  keySkew: {
    schema: z
      .union([
        z.number(),
        z
          .string()
          .regex(/^\d(\.\d{1,3})?$/)
          .transform(Number),
      ])
      .pipe(z.number().min(0).max(3)),
    default: '0',
    summary:
      'how much more often users of the workload isolation take the first key than others: 0 not, 1 as Zipf has it',
    allowed: 'a number from 0 to 3',
    scenario: true,
    compared: true,
  },
  within: {
    schema: duration(0),
    default: '60s',
    summary: 'time from the last message until every order has to be readable; one that is not by then is missing',
    allowed: durationAllowed,
  },
} satisfies Record<string, Setting>
