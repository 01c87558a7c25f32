import { z } from 'zod'
import { durationAllowed, type Setting } from './setting.ts'
import { duration, texts, urlOrWord, wholeNumber } from '../base/parse-values.ts'

/** A secret that fits into a header, and that nobody guesses. */
const secretText = z.string().regex(/^[\x21-\x7e]{16,200}$/)
const secretAllowed = '16 to 200 printable ASCII characters without spaces, such as "openssl rand -hex 32" makes'

/** Origins as browsers send them: a scheme, a host, perhaps a port, and no path; or `*` by itself. */
const origins = texts.refine(
  (list) => list.length > 0 && (list.join() === '*' || list.every((text) => URL.parse(text)?.origin === text)),
)

/** Servers that an API uses, addresses at which it listens, and secrets that guard it. */
export const apiSettings = {
  db: {
    schema: z.string().regex(/^(sqlite|mysql|mariadb|postgres|postgresql|mongodb|mongodb\+srv|rediss?|unix):.+$/is),
    default: 'sqlite:.rushbench/rushbench.db',
    summary: 'database to use',
    allowed:
      'sqlite:PATH, mysql://user:password@host/name, mariadb://..., postgres://..., mongodb://..., mongodb+srv://..., redis://host/0, rediss://..., unix:SOCKET (Redis); docs/databases.md has all of each',
    secretUrl: true,
    served: 'text',
  },
  dbPool: {
    schema: wholeNumber(1, 1000),
    default: '10',
    summary: 'connections of the API to a database server',
    allowed: 'a whole number from 1 to 1000',
    served: 'text',
    compared: true,
  },
  cache: {
    schema: urlOrWord(['redis://', 'rediss://', 'unix:'], ['none', 'memory']),
    default: 'memory',
    summary: 'what the calendar is read through',
    allowed: 'none, memory, redis://host:port, rediss://..., unix:SOCKET',
    secretUrl: true,
    served: 'text',
    scenario: true,
    compared: true,
  },
  cacheTtl: {
    schema: duration(1),
    default: '1s',
    summary: 'how old a cached calendar may be',
    allowed: durationAllowed,
    served: 'ms',
    compared: true,
  },
  host: {
    schema: z.string().min(1),
    default: '127.0.0.1',
    summary: 'address the API listens on; 0.0.0.0 opens it to the network',
    allowed: 'an address or name of this machine',
    served: 'text',
  },
  port: {
    schema: wholeNumber(0, 65_535),
    default: '3000',
    summary: 'port the API listens on; 0 takes any free one',
    allowed: 'a whole number from 0 to 65535',
    served: 'text',
  },
  cors: {
    schema: origins,
    default: undefined,
    summary: 'origins whose pages may use the API from a browser; none unless it is given',
    allowed: 'origins with commas, such as https://app.example.com, or * for all',
    served: 'text',
  },
  shutdownTimeout: {
    schema: duration(0),
    default: '10s',
    summary: 'how long an API that is stopped may finish what is in flight; connections still open then are ended',
    allowed: durationAllowed,
    served: 'ms',
  },
  metricsPort: {
    schema: wholeNumber(0, 65_535),
    default: undefined,
    summary: 'port of /metrics, which the API does not serve then; 0 takes any free one',
    allowed: 'a whole number from 0 to 65535',
    served: 'text',
  },
  metricsToken: {
    schema: secretText,
    default: undefined,
    summary: 'the Bearer token that readers of /metrics have to send',
    allowed: secretAllowed,
    secret: true,
    served: 'text',
  },
  serviceSecret: {
    schema: secretText,
    default: undefined,
    summary: 'a secret by which the services of the workload meetups recognize each other in separate processes',
    allowed: secretAllowed,
    secret: true,
    served: 'text',
  },
} satisfies Record<string, Setting>
