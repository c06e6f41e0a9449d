import { type Measure, ratioOf } from '../measure.js';
import { findOne, guarded, unguarded, withoutModule } from './guard-variants.js';
import { openid } from './openid.js';
import { takeTurns, throughputRatios } from './turns.js';

/**
 * The same page on Express: this package with express-session beside express-openid-connect with its cookie session and its check for
 * back-channel logouts. Also both sessions alone, a guard with one `findOne`, and a route without a guard.
 */
export const guardExpress: Measure = {
  names: [
    'guard_vs_express_openid_connect',
    'bare_express_session_vs_bare_openid_session',
    'guard_vs_bare_express_session',
    'openid_check_vs_bare_openid_session',
    'guard_vs_findone_express',
    'guard_vs_unguarded_express',
  ],
  async run(scale) {
    const adapter = 'express';
    const variants = [
      await guarded(adapter),
      await openid('openid', true),
      await openid('bare openid session', false),
      await withoutModule(adapter),
      await unguarded(adapter),
      await findOne(adapter),
    ];
    const rounds = await takeTurns(variants, scale);
    const ratio = (one: string, other: string) => ratioOf(throughputRatios(rounds, one, other));
    return {
      guard_vs_express_openid_connect: ratio('guarded', 'openid'),
      bare_express_session_vs_bare_openid_session: ratio('without module', 'bare openid session'),
      guard_vs_bare_express_session: ratio('guarded', 'without module'),
      openid_check_vs_bare_openid_session: ratio('openid', 'bare openid session'),
      guard_vs_findone_express: ratio('guarded', 'findOne'),
      guard_vs_unguarded_express: ratio('guarded', 'unguarded'),
    };
  },
};
