import { formatCount } from '../format.ts'
import { entry } from './error-entry.ts'

/** Errors of commands, loads, APIs, audits and reports. */
export const commandErrors = {
  'setting-invalid': entry<{ key: string; source: string; value: string; allowed: string }>(
    'usage',
    (d) => `${d.key} (from ${d.source}) cannot be ${d.value || 'empty'}. Allowed: ${d.allowed}.`,
  ),
  'setting-unknown': entry<{ key: string; source: string; allowed: readonly string[] }>(
    'usage',
    (d) => `${d.source} sets ${d.key}, which is no setting. Allowed: ${d.allowed.join(', ')}.`,
  ),
  'config-unreadable': entry<{ file: string; reason: string }>(
    'usage',
    (d) => `The config file ${d.file} cannot be read: ${d.reason}. Mend it or remove it.`,
  ),
  'verification-failed': entry<{ table: string; expected: string; found: string }>(
    'auditFailed',
    (d) =>
      `${d.table} does not hold what was seeded: expected ${d.expected}, found ${d.found}. Rows were lost, doubled or changed; did another program write at the same time?`,
  ),
  'rows-orphaned': entry<{ rows: number; table: string; parent: string }>(
    'error',
    (d) =>
      `${formatCount(d.rows)} rows of ${d.table} refer to no row of ${d.parent}, so that the reference cannot be made again.`,
  ),
  'port-in-use': entry<{ host: string; port: number; portSetting?: string }>(
    'error',
    (d) =>
      `Port ${d.port} on ${d.host} is taken by another program. Choose another with ${d.portSetting ?? '--port'}, or 0 for any free one.`,
  ),
  'host-unusable': entry<{ host: string; reason: string; hostSetting?: string }>(
    'error',
    (d) =>
      `The API cannot listen on ${d.host}: ${d.reason}. Use an address of this machine; ${d.hostSetting ?? '--host'} 127.0.0.1 is the default.`,
  ),
  'cache-unreachable': entry<{ url: string; reason: string }>(
    'error',
    (d) => `Cannot reach the cache ${d.url}: ${d.reason}. Start it, or use --cache memory.`,
  ),
  'broker-unknown': entry<{ url: string; allowed: readonly string[] }>(
    'usage',
    (d) => `No message broker for ${d.url}. Allowed: ${d.allowed.join(', ')}.`,
  ),
  'broker-unreachable': entry<{ url: string; reason: string }>(
    'error',
    (d) =>
      `Cannot reach the message broker ${d.url}: ${d.reason}. Start it, or leave out --broker for the embedded one.`,
  ),
  'messages-left': entry<{ topic: string }>(
    'error',
    (d) =>
      `Some messages for the topic ${d.topic} could not be published yet. They are stored, and go out when the API is started again.`,
  ),
  'locations-unusable': entry<{ file: string; reason: string }>(
    'usage',
    (d) =>
      `The stations in ${d.file} cannot be used: ${d.reason}. It takes a list such as [{"name": "PWTC", "from": "2021-05-16", "days": 30, "capacity": 1000}].`,
  ),
  'broker-refused': entry<{ url: string; what: string; reason: string }>(
    'error',
    (d) => `The message broker ${d.url} refused ${d.what}: ${d.reason}. Check its settings and what this user may do.`,
  ),
  'broker-name-invalid': entry<{ what: string; name: string }>(
    'usage',
    (d) =>
      `${JSON.stringify(d.name)} cannot be the name of a ${d.what}. Allowed: 1 to 100 letters, digits, - and _, beginning with a letter or a digit.`,
  ),
  'workload-unknown': entry<{ name: string; allowed: readonly string[] }>(
    'usage',
    (d) => `There is no workload ${d.name}. Allowed: ${d.allowed.join(', ')}; "rushbench workloads" explains them.`,
  ),
  'api-failed-to-start': entry<{ reason: string }>('error', (d) => `The API could not be started: ${d.reason}`),
  'shutdown-unfinished': entry<object>(
    'error',
    () =>
      `The API did not come to its end in time after its connections were ended, and was ended itself. What it had not stored by then is lost; look whether its database and its broker answer.`,
  ),
  'service-secret-missing': entry<{ service: string }>(
    'usage',
    (d) =>
      `The part ${d.service} in a process of its own needs the secret that all parts show each other. Set RUSHBENCH_SERVICE_SECRET to the same text in each, such as "openssl rand -hex 32" makes.`,
  ),
  'service-unreachable': entry<{ part: string; address: string; reason: string }>(
    'error',
    (d) =>
      `The part ${d.part} at ${d.address} did not answer: ${d.reason}. Look whether it runs, and whether --service-addresses and --service-tls are right.`,
  ),
  'service-tls-unusable': entry<{ settings: readonly string[]; reason: string }>(
    'usage',
    (d) => `${d.settings.join(', ')} cannot be used for the calls between parts: ${d.reason}.`,
  ),
  'api-ended': entry<{ reason: string }>(
    'error',
    (d) => `The API ended in the middle of the run: ${d.reason}. The requests after that are counted as failed.`,
  ),
  'replica-ended': entry<{ reason: string }>(
    'error',
    (d) =>
      `A replica ended again and again: ${d.reason}. The others were ended as well; mend the cause, and start them again.`,
  ),
  'fault-failed': entry<{ fault: string; reason: string }>(
    'error',
    (d) => `The fault ${d.fault} could not be injected: ${d.reason}. The run ended there, and was audited.`,
  ),
  'database-not-pausable': entry<{ url: string; reason: string }>(
    'usage',
    (d) => `The database ${d.url} cannot be paused: ${d.reason}. Leave out the fault, or name another one with --db.`,
  ),
  'target-remote': entry<{ target: string }>(
    'usage',
    (d) =>
      `${d.target} is not on this machine. Load on a server that is not yours is an attack; if it is yours, add --allow-remote.`,
  ),
  'target-unreachable': entry<{ target: string; reason: string }>(
    'error',
    (d) => `Cannot reach the target ${d.target}: ${d.reason}. Is the API running, and are host and port right?`,
  ),
  'scenario-unusable': entry<{ file: string; reason: string }>(
    'error',
    (d) => `The scenario ${d.file} cannot be run: ${d.reason}.`,
  ),
  'scenario-wrong': entry<{ name: string; place: string | null; reason: string }>(
    'usage',
    (d) =>
      `The scenario ${d.name} is wrong${d.place === null ? '' : ` at ${d.place}`}: ${d.reason}. The run was ended, since that would go wrong again and again.`,
  ),
  'scenario-not-prepared': entry<{ name: string; reason: string }>(
    'error',
    (d) => `The scenario ${d.name} failed to prepare a user, so no request was sent: ${d.reason}.`,
  ),
  unfinished: entry<object>(
    'error',
    () =>
      'The command ended in the middle of its work, because nothing was left that it could wait for. That is a fault of rushbench; --verbose and the steps that led here help to mend it.',
  ),
  'page-assets-missing': entry<{ reason: string }>(
    'error',
    (d) => `The parts of an HTML report are not there: ${d.reason}. Run "npm run build" first.`,
  ),
  'reports-unlistable': entry<{ folder: string; reason: string }>(
    'error',
    (d) => `The folder ${d.folder} cannot be listed: ${d.reason}. Name another one with --reports.`,
  ),
  'view-missing': entry<{ kind: string; view: string }>(
    'usage',
    (d) => `A report of kind ${d.kind} has nothing to show as ${d.view}. Choose another form.`,
  ),
  'thread-ended': entry<{ reason: string }>(
    'error',
    (d) => `A thread that made the load ended before the run did: ${d.reason}.`,
  ),
  'report-unreadable': entry<{ file: string; reason: string }>(
    'error',
    (d) => `${d.file} is not a rushbench report that can be read: ${d.reason}.`,
  ),
  'report-unwritable': entry<{ file: string; reason: string }>(
    'error',
    (d) => `The report cannot be saved as ${d.file}: ${d.reason}. Name a folder that can be written to with --reports.`,
  ),
  'file-unwritable': entry<{ file: string; reason: string }>(
    'error',
    (d) => `${d.file} cannot be written: ${d.reason}. Name a file in a folder that is there and can be written to.`,
  ),
  'output-lost': entry<{ reason: string }>(
    'error',
    (d) =>
      `What was printed is not whole, since stdout cannot be written to: ${d.reason}. Reports and ledgers are saved before anything is printed.`,
  ),
  'images-unusable': entry<{ place: string; reason: string }>(
    'error',
    (d) => `Images cannot be kept in ${d.place}: ${d.reason}. Name a place that can be written to with --images.`,
  ),
  'folder-gone': entry<object>(
    'error',
    () => 'The working directory was removed. Change into a folder that is there, and run the command again.',
  ),
  'ledger-unwritable': entry<{ file: string; reason: string }>(
    'error',
    (d) =>
      `The ledger ${d.file} cannot be written: ${d.reason}. Without it nobody can tell whether a booking was lost, so the run was ended and is not audited. Name another file with --ledger.`,
  ),
  'ledger-refused': entry<{ file: string; reason: string }>(
    'error',
    (d) => `The ledger ${d.file} cannot be written: ${d.reason}. Nothing was begun; name another file with --ledger.`,
  ),
  'ledger-unreadable': entry<{ file: string; line: number | null; reason: string }>(
    'error',
    (d) => `${d.line === null ? '' : `Line ${d.line} of `}${d.file} is not a ledger that can be read: ${d.reason}.`,
  ),
  'nothing-to-audit': entry<{ tables: readonly string[]; url: string }>(
    'error',
    (d) =>
      `${d.url} has no table ${d.tables.join(', ')} to audit. Name the tables of an API of your own with the setting audit (docs/audit.md); those of rushbench are made by "rushbench migrate".`,
  ),
  'mapping-wrong': entry<{ url: string; reason: string }>(
    'error',
    (d) => `The setting audit does not fit ${d.url}: ${d.reason}. See docs/audit.md.`,
  ),
  'reports-differ': entry<{ reason: string; forcible: boolean }>(
    'error',
    (d) =>
      `These reports cannot be compared: ${d.reason}.${d.forcible ? ' Make them alike, or compare them all the same with --force.' : ''}`,
  ),
  'reports-same': entry<{ first: string; second: string }>('usage', (d) =>
    d.first === d.second
      ? `${d.first} was named twice: a run cannot be compared with itself. Name reports of two runs.`
      : `${d.first} and ${d.second} are the same run, which cannot be compared with itself. Name reports of two runs.`,
  ),
  'reports-none': entry<{ path: string; foreign: number }>(
    'error',
    (d) =>
      `There is no report in ${d.path}${d.foreign === 0 ? '' : `, only ${d.foreign === 1 ? 'a JSON file' : `${formatCount(d.foreign)} JSON files`} of other programs`}. Name a report, a folder that holds reports, or a quoted pattern such as 'reports/*-load.json'.`,
  ),
  'metric-unknown': entry<{ metric: string; known: readonly string[] }>(
    'usage',
    (d) => `The latest report has no metric ${d.metric}. It has: ${d.known.join('; ')}.`,
  ),
  'run-failed': entry<{ command: string; exit: string; reason: string }>(
    'error',
    (d) => `"${d.command}" ended with ${d.exit} and saved no report: ${d.reason}.`,
  ),
  'sql-unusable': entry<{ file: string; reason: string }>(
    'usage',
    (d) => `The script ${d.file} cannot be used: ${d.reason}. Nothing was sent.`,
  ),
  'sql-unreadable': entry<{ place: string; reason: string }>(
    'usage',
    (d) => `${d.place}: ${d.reason}. Nothing was sent.`,
  ),
  'own-data-unconfirmed': entry<{ place: string; step: string }>(
    'usage',
    (d) =>
      `${d.place}: ${d.step} changes data, and the database is somebody's. Say --own-data if it is yours to change; without it statements can only read. Nothing was sent.`,
  ),
  'usage-wrong': entry<{ reason: string }>('usage', (d) => d.reason),
  interrupted: entry<{ done: string }>('interrupted', (d) => `Interrupted. ${d.done}`),
}
