import { Inject, UseGuards } from '@nestjs/common';
import { type OnGatewayInit, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Namespace, Socket } from 'socket.io';
import { MevetoLogoutGuard, MevetoLogoutSockets, SkipMevetoLogout } from 'nestjs-meveto-logout';

/** A chat as applications write it. */
@WebSocketGateway({ namespace: '/talk' })
export class TalkGateway {
  @SubscribeMessage('say')
  say(_client: Socket, text: string) {
    return { event: 'said', data: text };
  }

  @SubscribeMessage('weather')
  @SkipMevetoLogout()
  weather() {
    return { event: 'weather', data: 'fine' };
  }
}

@WebSocketGateway({ namespace: '/talk' })
@UseGuards(MevetoLogoutGuard)
export class GuardedTalkGateway extends TalkGateway {}

/** A chat that also checks new connections. */
@WebSocketGateway({ namespace: '/talk' })
export class GatedTalkGateway extends TalkGateway implements OnGatewayInit {
  constructor(@Inject(MevetoLogoutSockets) private readonly sockets: MevetoLogoutSockets) {
    super();
  }

  afterInit(namespace: Namespace) {
    namespace.use(this.sockets.middleware());
  }
}
