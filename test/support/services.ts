import { connect } from 'node:net'

/** The servers that `dev/services` starts, by the name that it knows them under. */
const services = {
  mariadb: { variable: 'RUSHBENCH_TEST_MYSQL_URL', url: 'mysql://rushbench:rushbench@127.0.0.1:33306/rushbench' },
  mysql8: { variable: 'RUSHBENCH_TEST_MYSQL8_URL', url: 'mysql://rushbench:rushbench@127.0.0.1:33308/rushbench' },
  postgres: {
    variable: 'RUSHBENCH_TEST_POSTGRES_URL',
    url: 'postgres://rushbench:rushbench@127.0.0.1:35432/rushbench',
  },
  postgres17: {
    variable: 'RUSHBENCH_TEST_POSTGRES17_URL',
    url: 'postgres://rushbench:rushbench@127.0.0.1:35417/rushbench',
  },
  mongodb6: { variable: 'RUSHBENCH_TEST_MONGODB6_URL', url: 'mongodb://127.0.0.1:37006/rushbench' },
  ferretdb: { variable: 'RUSHBENCH_TEST_MONGODB_URL', url: 'mongodb://127.0.0.1:37017/rushbench' },
  redis: { variable: 'RUSHBENCH_TEST_REDIS_URL', url: 'redis://127.0.0.1:36379' },
  kafka: { variable: 'RUSHBENCH_TEST_KAFKA_URL', url: 'kafka://127.0.0.1:39092' },
  nats: { variable: 'RUSHBENCH_TEST_NATS_URL', url: 'nats://127.0.0.1:34222' },
} as const

/**
 * Finds a server; null, with a line that says how to start it, when it does not answer. With
 * RUSHBENCH_REQUIRE_SERVICES=1 a missing server is an error instead.
 */
export async function findService(name: keyof typeof services): Promise<string | null> {
  const { variable, url } = services[name]
  const given = process.env[variable] ?? url
  const { hostname, port } = new URL(given)
  if (await answers(hostname, Number(port))) return given
  const message = `${name} does not answer at ${hostname}:${port}; start it with: dev/services start ${name}`
  if (process.env['RUSHBENCH_REQUIRE_SERVICES'] === '1') throw new Error(message)
  process.stderr.write(`SKIPPED: ${message}\n`)
  return null
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}
