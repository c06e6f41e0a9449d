import { Inject, Injectable } from '@nestjs/common';
import { UserNames } from '../../core/index.js';

const PREFIX = 'private-meveto-';

/**
 * Names the channel of each user. Pusher sees channel names, and any client may try to subscribe. A keyed digest reveals
 * nothing of the user, and the prefix makes Pusher require a signature of this module. Names have 58 characters of
 * `A-Z a-z 0-9 _ -`, within Pusher's limits.
 * @see https://pusher.com/docs/channels/using_channels/channels/#channel-naming-conventions
 */
@Injectable()
export class PusherChannels {
  constructor(@Inject(UserNames) private readonly names: UserNames) {}

  /**
   * The channel for browsers of this user.
   * @throws {StoreUnavailableError} while the key of the channel names cannot be read
   */
  async of(userId: string): Promise<string> {
    return PREFIX + (await this.names.ofChannel(userId));
  }
}
