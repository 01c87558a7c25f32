import { readdir, readFile } from 'node:fs/promises'
import { buildSchema, type GraphQLObjectType, isObjectType, print, parse } from 'graphql'
import { describeSchema } from '../src/lib/app/describe-schema.ts'
import { schema as graphqlSchema } from '../src/lib/workloads/meetups/gateway/schema.ts'
import { loadWorkload, workloadNames } from '../src/lib/workloads/registry.ts'

const made = '<!-- Written by "npm run docs": edit what it is made of. -->'

/** The page of all tables, each workload as a diagram and as tables. */
export async function tablesPage(): Promise<string> {
  const sections = await Promise.all(
    workloadNames.map(async (name) => {
      const workload = await loadWorkload(name)
      const diagram = describeSchema(workload, 'mermaid', 'postgres')
      return `## ${name}\n\n\`\`\`mermaid\n${diagram}\n\`\`\`\n\n${describeSchema(workload, 'markdown', 'postgres')}`
    }),
  )
  const intro =
    'The tables that `rushbench migrate` makes. `rushbench workloads NAME --schema sql` writes them as SQL. A column may be null only where that is said.'
  return `# Tables of the workloads\n\n${made}\n\n${intro}\n\n${sections.join('\n\n')}\n`
}

/** The page of the interfaces of meetups: GraphQL outside, gRPC inside. */
export async function meetupsPage(): Promise<string> {
  const folder = new URL('../proto/meetups/', import.meta.url)
  const names = (await readdir(folder)).filter((name) => name.endsWith('.proto')).toSorted()
  const services = await Promise.all(
    names.map(async (name) => describeProto(await readFile(new URL(name, folder), 'utf8'))),
  )
  return (
    [
      '# Interfaces of meetups',
      made,
      'Clients speak GraphQL to the gateway, which speaks gRPC to the services ([proto/meetups](../../proto/meetups)).',
      '## GraphQL',
      describeOperations(),
      `### Types\n\n\`\`\`graphql\n${print(parse(graphqlSchema)).trim()}\n\`\`\``,
      '## gRPC',
      ...services,
    ].join('\n\n') + '\n'
  )
}

function describeOperations(): string {
  const schema = buildSchema(graphqlSchema)
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  return roots.filter(isObjectType).map(describeRoot).join('\n\n')
}

function describeRoot(root: GraphQLObjectType): string {
  const rows = Object.values(root.getFields()).map(({ name, args, type, description }) => {
    const given = args.map((argument) => `${argument.name}: ${String(argument.type)}`).join(', ')
    return row([name, given, String(type), description ?? ''])
  })
  return [`### ${root.name}`, '', ...head(['operation', 'arguments', 'returns', '']), ...rows].join('\n')
}

function head(titles: readonly string[]): string[] {
  return [row(titles), row(titles.map(() => '---'))]
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll(/\s+/g, ' ').replaceAll('|', String.raw`\|`)).join(' | ')} |`
}

interface Described {
  readonly kind: string
  readonly name: string
  readonly comment: string
  readonly rows: string[][]
}

/** Services and messages of a file, with the comments above them. */
export function describeProto(text: string): string {
  const found: Described[] = []
  let comment: string[] = []
  for (const line of text.split('\n').map((each) => each.trim())) {
    const [, said] = /^\/\/ ?(.*)$/.exec(line) ?? []
    if (said !== undefined) {
      comment.push(said)
      continue
    }
    const words = comment.join(' ')
    const [, kind = '', name = ''] = /^(service|message) (\w+) \{/.exec(line) ?? []
    const rpc = /^rpc (\w+)\(([^)]+)\) returns \(([^)]+)\)/.exec(line)
    const field = /^((?:repeated |optional )?[\w.]+) (\w+) = (\d+);(?: *\/\/ ?(.*))?$/.exec(line)
    // Belongs to the method above.
    if (/^option idempotency_level = \w+;/.test(line)) found.at(-1)?.rows.at(-1)?.splice(3, 1, 'up to 4 times')
    if (kind) found.push({ kind, name, comment: words, rows: [] })
    if (rpc) found.at(-1)?.rows.push([rpc[1] ?? '', rpc[2] ?? '', rpc[3] ?? '', 'once', words])
    if (field) found.at(-1)?.rows.push([field[3] ?? '', field[2] ?? '', field[1] ?? '', field[4] ?? words])
    comment = []
  }
  return found.map(describeFound).join('\n\n')
}

function describeFound({ kind, name, comment, rows }: Described): string {
  const titles = kind === 'service' ? ['method', 'takes', 'returns', 'is sent', ''] : ['number', 'field', 'type', '']
  const title = kind === 'service' ? `### ${name}` : `**${name}**`
  const body = rows.length > 0 ? [...head(titles), ...rows.map(row)].join('\n') : 'No fields.'
  return [title, ...(comment ? [comment] : []), body].join('\n\n')
}
