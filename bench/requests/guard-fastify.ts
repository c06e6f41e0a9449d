import { type Measure, ratioOf } from '../measure.js';
import { findOne, guarded, unguarded, withoutModule } from './guard-variants.js';
import { takeTurns, throughputRatios } from './turns.js';

/**
 * The same page on Fastify: behind this package's guard, on a route without it, in an application without this package, and behind a
 * guard with one `findOne`. All of them read the session.
 */
export const guardFastify: Measure = {
  names: [
    'guard_vs_unguarded_fastify',
    'guard_vs_findone_fastify',
    'unguarded_vs_findone_fastify',
    'guard_vs_no_module_fastify',
  ],
  async run(scale) {
    const adapter = 'fastify';
    const variants = [
      await unguarded(adapter),
      await guarded(adapter),
      await findOne(adapter),
      await withoutModule(adapter),
    ];
    const rounds = await takeTurns(variants, scale);
    return {
      guard_vs_unguarded_fastify: ratioOf(throughputRatios(rounds, 'guarded', 'unguarded')),
      guard_vs_findone_fastify: ratioOf(throughputRatios(rounds, 'guarded', 'findOne')),
      unguarded_vs_findone_fastify: ratioOf(throughputRatios(rounds, 'unguarded', 'findOne')),
      guard_vs_no_module_fastify: ratioOf(throughputRatios(rounds, 'guarded', 'without module')),
    };
  },
};
