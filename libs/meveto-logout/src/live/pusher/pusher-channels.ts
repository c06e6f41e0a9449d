import { Inject, Injectable } from '@nestjs/common';
import { TokenVault } from '../../secrets/token-vault.js';

const PREFIX = 'private-meveto-';

/**
 * Names the channel of each user. Pusher sees channel names, and anybody may try to subscribe: a keyed digest says nothing
 * of the user, and the prefix makes Pusher ask for our authorisation. With 58 characters of A-Z a-z 0-9 _ - it is within
 * what Pusher allows.
 * @see https://pusher.com/docs/channels/using_channels/channels/#channel-naming-conventions
 */
@Injectable()
export class PusherChannels {
  constructor(@Inject(TokenVault) private readonly vault: TokenVault) {}

  /** The channel that browsers of this user are told. */
  of(userId: string): string {
    return PREFIX + this.vault.digestChannel(userId);
  }

  /** Every channel that a browser of this user may be on: also those from before the keys were changed. */
  allOf(userId: string): readonly string[] {
    return [this.of(userId), ...this.vault.earlierDigestsOfChannel(userId).map((digest) => PREFIX + digest)];
  }
}
