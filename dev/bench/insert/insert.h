/* What the C clients share: rows as rushbench makes them, a clock, and what is printed. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct row {
  char id[37];
  char ticket[32];
  long long slot;
};

/* What a thread works on: its connection is opened by the engine's file. */
struct work {
  const char *target;
  int number;
  int inserts;
  int warmup;
  double *us;
};

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

/* A version 7 UUID, above all that are in the table, and a slot of the default calendar. */
static void make_row(struct row *row, unsigned *seed, int thread) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  unsigned long long ms = t.tv_sec * 1000ULL + t.tv_nsec / 1000000;
  unsigned within = (t.tv_nsec % 1000000) * 4096ULL / 1000000;
  snprintf(row->id, sizeof row->id, "%08llx-%04llx-7%03x-8%03x-%04x%04x%04x", ms >> 16 & 0xffffffff, ms & 0xffff,
           within & 0xfff, thread & 0xfff, rand_r(seed) & 0xffff, rand_r(seed) & 0xffff, rand_r(seed) & 0xffff);
  snprintf(row->ticket, sizeof row->ticket, "Somebody%d", rand_r(seed));
  row->slot = 15778080 + (rand_r(seed) % 1096) * 1440LL + 480 + (rand_r(seed) % 36) * 20;
}

/* Opens a connection of its own and times each insert. */
static void *work_on(void *given);

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static pthread_barrier_t ready;

/* TARGET INSERTS WARMUP CONNECTIONS; inserts and warm-up of all connections together. */
int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int connections = atoi(argv[4]), inserts = atoi(argv[2]) / connections;
  double *us = calloc((size_t)inserts * connections, sizeof *us);
  struct work *works = calloc(connections, sizeof *works);
  pthread_t *threads = calloc(connections, sizeof *threads);
  pthread_barrier_init(&ready, NULL, connections + 1);
  for (int i = 0; i < connections; i++) {
    works[i] = (struct work){argv[1], i, inserts, atoi(argv[3]) / connections, us + (size_t)inserts * i};
    pthread_create(&threads[i], NULL, work_on, &works[i]);
  }
  pthread_barrier_wait(&ready);
  double started = now_us();
  for (int i = 0; i < connections; i++) pthread_join(threads[i], NULL);
  double seconds = (now_us() - started) / 1e6;
  int all = inserts * connections;
  qsort(us, all, sizeof *us, compare);
  printf("{\"p50\": %.3f, \"p99\": %.3f, \"rate\": %.3f}\n", us[(all + 1) / 2 - 1], us[(99 * all + 99) / 100 - 1], all / seconds);
  return 0;
}

static void fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

/* Times `insert` for each row of the thread, after the warm-up and once all threads are ready. */
static void time_inserts(struct work *work, void (*insert)(void *, struct row *), void *connection) {
  unsigned seed = 1 + work->number + (unsigned)time(NULL);
  struct row row;
  for (int i = -work->warmup; i < work->inserts; i++) {
    if (i == 0) pthread_barrier_wait(&ready);
    make_row(&row, &seed, work->number);
    double started = now_us();
    insert(connection, &row);
    if (i >= 0) work->us[i] = now_us() - started;
  }
}
