/** Titles of tests by the file that they are in, below test/. */
type Tests = Readonly<Record<string, string | readonly string[]>>

/**
 * The tests that hold each line of the table at the head of a workload's page (docs/workloads), by what the original does:
 * a line without one, and a test that there is not, fail test/unit/workloads/originals.test.ts.
 */
export const testsOfLines: Readonly<Record<string, Readonly<Record<string, Tests>>>> = {
  vaccination: {
    'a month straight from the database, or through a cache, under two paths': {
      'integration/workloads/vaccination/api.test.ts': [
        'shows a month and a day, in order of time',
        'shows the same through the cache, with one database read however many ask',
      ],
    },
    'compresses every response anew': {
      'integration/workloads/vaccination/api.test.ts':
        'compresses the calendar as is asked for, and says that it depends on that',
      'unit/workloads/shared/http/encoding.test.ts': [
        'is one that there is, whatever comes',
        'are loaded once and compressed once, however many ask in whatever encoding',
      ],
    },
    'pages of every origin may use it (CORS)': {
      'integration/workloads/shared/http/every-api.test.ts':
        'lets pages of the origins that are named use it, and no others',
      'unit/workloads/shared/http/cors.test.ts': 'lets pages of every origin in by a star, without cookies',
    },
    'a booking is answered without its id': {
      'integration/workloads/vaccination/api.test.ts': 'books a place, and takes it from the stock',
    },
    'checks the stock, then books: of many at once more get a place than there are': {
      'integration/workloads/vaccination/api.test.ts':
        'never sells a place twice: of 120 at once for 50 places, 50 get one',
    },
    'its users (a Locust file) look at two months, and one in three books a free slot of either': {
      'unit/workloads/vaccination/scenarios.test.ts': [
        'books in either month: each slot that is free as often as another',
        'writes down a booking whose answer has no id, as the original answers: %j',
        'books slots whose ids are texts, as those of the original are, and sends them as they came',
      ],
    },
    'its Locust file loads it': {
      'e2e/original-clients.test.ts':
        'of vaccination: users as in its Locust file, of whom one in three books in either month',
    },
  },
  stations: {
    'days as `{location, date, availability}`, 200 for a booking and 400 for a refusal': {
      'integration/workloads/stations/api.test.ts': [
        'shows the stations, and the days of each in order, for a second',
        'books a place: the day has one less, the topic one message more',
        'says which of station and day there is not',
      ],
      'integration/workloads/stations/original-wire.test.ts': [
        'shows days as the original does, under both of its paths',
        'answers hey, which sends one body 60 times over 10 connections: once 200, then 400',
      ],
    },
    'refuses a booking because the day is full': {
      'integration/workloads/stations/api.test.ts': [
        'never sells a place twice: of 40 at once for 5 places, 5 get one',
        'gives one place to one person, whatever day and however often it is asked',
      ],
      'integration/workloads/stations/original-wire.test.ts':
        'says that the day is full, as the original does, sells no place twice, and publishes each booking',
    },
    'looks at the person, the station and the day of a booking alone': {
      'integration/workloads/stations/api.test.ts': 'refuses %j with 422 and the field %s',
      'integration/workloads/stations/original-wire.test.ts':
        'takes what the original takes: nothing but a person, a station and a day, and fields that nobody knows',
    },
    'acknowledges bookings that it did not store': {
      'integration/workloads/stations/redis.test.ts': [
        "are lost, though acknowledged, when an answer to EXEC is taken for a yes: the original's fault",
        'are stored, all that were acknowledged, by as many APIs as there may be',
      ],
    },
    'publishes a booking after it has stored it; where Kafka is away the booking stays, and the answer is 400': {
      'e2e/stations-servers.test.ts': 'go on booking while Kafka is away, and publish it all',
    },
  },
  tickets: {
    '`POST /ticket` takes a receipt as text': {
      'integration/workloads/tickets/api.test.ts': [
        'stores an order with its lines and its products, and gives it back as it was',
        'looks at the bytes, not at their type: %s',
      ],
    },
    'the same receipt, sent again, is stored again': {
      'integration/workloads/tickets/api.test.ts':
        'stores the same receipt once, however often it comes, also side by side and to several servers',
    },
    'the catalogue has the name and the price of the newest receipt': {
      'integration/workloads/tickets/catalogue.test.ts': 'has the name and the price of the newest order',
    },
    'receipts are sent by curl': {
      'e2e/original-clients.test.ts': 'of tickets: receipts sent by hand, by send-ticket, and by curl as its page says',
    },
  },
  orders: {
    'takes `{"CreatedAt": ..., "Order": {...}}` from the subject `orders` of NATS, an order of fewer fields than the sample':
      {
        'integration/workloads/orders/original.test.ts':
          'stores all 560 of its publisher, with their totals, and keeps what its other publisher sends as dead letters',
        'unit/workloads/orders/order.test.ts': [
          'takes the well-known sample as it is',
          'takes an order as the original publishes it, and says what is wrong with one that is none',
        ],
        'integration/workloads/orders/inbox.test.ts':
          'stores orders whole, what is no order with its reason, and nothing twice',
      },
    'has a publisher of orders, and one of messages that are none': {
      'unit/workloads/orders/order-generator.test.ts': [
        'are in the envelope of the original where they are asked for so',
        'are broken in many ways, and no two alike',
      ],
      'e2e/orders.test.ts': 'publishes, serves from two replicas, and audits; Ctrl-C ends all',
    },
    'stores what has a time and an id, whatever else is missing; the rest is gone': {
      'unit/workloads/orders/order.test.ts': 'says what is wrong with %s',
      'integration/workloads/orders/inbox.test.ts':
        'stores orders whole, what is no order with its reason, and nothing twice',
    },
    '`GET /orders`: all ids as one list': {
      'integration/workloads/orders/api.test.ts': [
        'serves what was there at its start, and what comes, from every replica',
        'takes the messages of the original, and responds as that did where it is asked to',
      ],
      'integration/workloads/orders/original.test.ts': 'lists all ids, and shows the summary of each',
    },
    '`GET /orders/order?uuid=`: a summary with the total, or 404 and a message': {
      'unit/workloads/orders/summary.test.ts': 'adds the delivery to the amount, as the original does',
      'integration/workloads/orders/api.test.ts':
        'takes the messages of the original, and responds as that did where it is asked to',
      'integration/workloads/orders/original.test.ts':
        'says that there is no such order, and that it is there, in the words of the original',
    },
    'a page on a port of its own: search by id, get a random order': {
      'e2e/orders-page.test.ts': [
        'finds an order by keyboard alone, and lays all of it out',
        'gets a random one',
        'copes with any JSON that is stored',
        'is not the only one: that of the original runs on --wire original, and so does this',
      ],
    },
    'a map of all orders in memory, restored at the start': {
      'integration/workloads/orders/api.test.ts': [
        'serves what was there at its start, and what comes, from every replica',
        'keeps maps that equal the table, which an inspection sees',
      ],
    },
    'was stressed with `GET /orders`, 1,000 requests a second for 30 s': {
      'unit/workloads/orders/scenarios.test.ts': 'are nine readers of one order to one of ids, by the wire %s',
      'e2e/orders.test.ts': 'loads as many replicas as it is told to, and inspects them',
    },
  },
  meetups: {
    'images of posts, users and messages, listed, and removed by `deleteImage`': {
      'integration/workloads/meetups/every-operation.test.ts': [
        'shows images of a post, an account and a message, and removes them with their files',
        'shows images of messages to members of the room alone',
        'finds no image of a post that was deleted, nor of what was said about it',
      ],
    },
    'keeps them in S3': {
      'integration/workloads/meetups/image.test.ts': 'keeps images as they are, in whatever chunks they come',
      'integration/workloads/meetups/image-s3.test.ts':
        'come back as they were, the largest too, and go when their owner goes',
    },
    '`updateUser` with e-mail, sex and image': {
      'integration/workloads/meetups/every-operation.test.ts':
        'changes its address, sex and image, and keeps what it leaves out',
      'integration/workloads/meetups/user.test.ts':
        'gives an account another address, which only one can have, and the old one free',
    },
    'posts, applications, chats and logins by GraphQL, news of posts and messages over WebSockets': {
      'integration/workloads/meetups/every-operation.test.ts': 'can carry out every operation of the schema',
      'integration/workloads/meetups/gateway-chat.test.ts': [
        'gives each message to those who subscribed, with who said it',
        'tells the owner what becomes of a post',
      ],
    },
    'a saga decides what becomes of a post': {
      'integration/workloads/meetups/saga.test.ts': [
        'approve a post once it has its room',
        'reject a post whose room cannot be made, without its images',
        'are taken up wherever their process died, on the way to be ${end}',
      ],
    },
    'takes applications while places are left, and oversold 11 of 12 posts when it was built and run once': {
      'integration/workloads/meetups/post.test.ts': [
        'lets 200 who apply at once for the last place have one',
        'tells whoever has the last place that they have it, also where they ask for it many times at once',
      ],
    },
    'its services call each other by gRPC, each in pods of its own': {
      'integration/workloads/meetups/rpc.test.ts': [
        'brings request and answer whole, with numbers beyond 32 bits',
        'answers the health check of gRPC',
      ],
      'integration/workloads/meetups/rpc-network.test.ts': [
        'is made again where that does no harm, and never where something would be there twice',
        'tells of the process and of each service, whose database may be away',
        'go through where both know each other by their authority',
      ],
    },
    'errors of GraphQL': {
      'integration/workloads/meetups/gateway.test.ts':
        'names the argument that is wrong, and carries out what else was asked',
      'integration/workloads/meetups/gateway-sockets.test.ts': 'say with a code what is wrong with %s',
    },
  },
  tpcb: {
    'updates an account, a teller and a branch, and writes a history row, in one transaction': {
      'e2e/database-workloads.test.ts': "keeps pgbench's balances, and finds what was changed behind its back",
    },
    'simple updates and selects alone (`-N`, `-S`)': {
      'e2e/database-workloads.test.ts': "keeps pgbench's balances, and finds what was changed behind its back",
    },
    'clients wait for each other unseen: a latency counts from when a statement was sent, but with `--rate`': {
      'unit/load/engine/database-steps.test.ts': 'is a step, with its rows, and waits for a connection apart',
    },
    'checks nothing afterwards': {
      'e2e/database-workloads.test.ts': "keeps pgbench's balances, and finds what was changed behind its back",
    },
  },
  oltp: {
    'eight tests on tables of digits: `oltp_read_write`, `oltp_point_select` and others': {
      'e2e/database-workloads.test.ts': "makes sysbench's transactions, and finds a row that was lost",
    },
    'rows by the distributions special, uniform, zipf and pareto (`--rand-type`)': {
      'unit/workloads/oltp/distributions.test.ts': [
        'draws every row it may, and no other: %s',
        'asks for rows as often as its formula says',
      ],
    },
    'begins a transaction again for deadlocks, and on PostgreSQL for keys that are taken': {
      'unit/load/engine/database-steps.test.ts': 'is made again for a conflict, and counted',
    },
    'checks nothing afterwards': {
      'e2e/database-workloads.test.ts': "makes sysbench's transactions, and finds a row that was lost",
    },
  },
  isolation: {
    "transactions append to lists and read them, and read and write registers, each value once (Elle's workloads)": {
      'unit/workloads/isolation/keys.test.ts': [
        'are lists and registers, all as often without a skew',
        'are drawn by 1 / n with a skew of 1',
      ],
      'unit/workloads/isolation/attempt-text.test.ts':
        'is the same when it is read again, from a line that needs no escapes',
      'integration/workloads/isolation/levels.test.ts': 'SERIALIZABLE shows nothing',
    },
    'infers the dependencies of transactions from what they read, and looks for cycles (Elle)': {
      'unit/audit/isolation/simulated.test.ts': [
        'of a serializable one have no anomaly',
        'are called serializable where some order of their transactions explains them, and only there: %s',
        'takes time in proportion to the history',
      ],
    },
    "names anomalies as Adya's thesis does": {
      'unit/audit/isolation/judge.test.ts': ['names $kind: $name', 'shows the smallest example, and counts all'],
      'integration/workloads/isolation/levels.test.ts': [
        'READ COMMITTED shows non-repeatable reads and lost updates, which it allows',
        'REPEATABLE READ shows what this server does under that name',
      ],
    },
    'takes a transaction whose commit was not answered for one that may have happened': {
      'unit/audit/isolation/judge.test.ts': [
        'counts as committed where another read from it',
        'is left out where nobody did, and nothing that it wrote is lost',
      ],
    },
  },
  tpcc: {
    'nine tables, with 100,000 items, and for each warehouse 10 districts of 3,000 customers and 3,000 orders': {
      'unit/workloads/tpcc/population.test.ts': [
        'has as many rows as the specification',
        'has in every district orders of all customers, with as many lines as they say',
      ],
      'unit/workloads/tpcc/input.test.ts': 'is that of the specification, or the same in small',
    },
    'numbers that are drawn unevenly (NURand), with constants of each run, and last names of syllables': {
      'unit/workloads/tpcc/input.test.ts': [
        'is made as the specification says',
        'draws a few numbers far more often than most',
        'has constants that are far enough from those of the filling',
        'of %i are %s, filled up to 16 characters',
      ],
    },
    'five transactions by their shares, 1% of lines and 15% of payments of other warehouses, 1% of new orders rolled back':
      {
        'unit/workloads/tpcc/input.test.ts': [
          'are new orders of 5 to 15 lines, of which one in a hundred is to be rolled back',
          'are payments, 15 in a hundred of customers of other warehouses, 60 by last name',
        ],
        'unit/workloads/tpcc/scenarios.test.ts':
          'does all that it can before it is rolled back for an item that there is not',
        'integration/workloads/tpcc/load.test.ts': 'makes all five transactions, and its audit passes',
      },
    'keying times and think times of a negative exponential distribution': {
      'unit/workloads/tpcc/scenarios.test.ts': [
        'are the five transactions by their weights, with keying and think times',
        'send one after the other where nobody is to think',
      ],
    },
    'transactions are isolated from each other (its clause 3.4)': {
      'integration/workloads/tpcc/load.test.ts': 'stores what the transactions say',
      'unit/workloads/tpcc/scenarios.test.ts':
        'takes its lines out of stock, filled up below ten, and comes to the total with discount and taxes',
    },
    'deliveries are queued, and done in the background': {
      'integration/workloads/tpcc/load.test.ts': 'stores what the transactions say',
    },
    'its data is consistent by twelve conditions (its clause 3.3.2)': {
      'integration/workloads/tpcc/load.test.ts': [
        'finds a sum that is a cent too much',
        'finds a line that is there twice',
        'finds an order that is lost',
        'is audited again from its ledger, of which a number that was given twice is told',
      ],
      'integration/workloads/tpcc/kill.test.ts':
        'is consistent, and has every order that was acknowledged, after kill -9 of the server',
    },
    'tpmC, which an auditor has looked at': {
      'unit/workloads/tpcc/scenarios.test.ts': 'are new orders a minute that were committed, and their share',
    },
  },
}
