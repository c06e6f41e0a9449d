import { SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { Namespace, Socket } from 'socket.io';

/** The application's own namespaces: a chat, news, and rooms that are created on demand. */
@WebSocketGateway({ namespace: '/chat' })
export class ChatGateway {
  /** Like applications that look up users, and put only the user on the socket. */
  replacesData = false;

  @WebSocketServer()
  private readonly chat!: Namespace;

  get isEmpty(): boolean {
    return this.chat.sockets.size === 0;
  }

  /** Sends to all clients of the chat. */
  announce(text: string): void {
    this.chat.emit('announced', text);
  }

  /** Like an application whose bus is available only after its start. */
  renewAdapter(): void {
    const { server } = this.chat;
    const adapter = server.adapter();
    if (adapter !== undefined) server.adapter(adapter);
  }

  async handleConnection(socket: Socket): Promise<void> {
    socket.emit('hello', 'welcome');
    if (!this.replacesData) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
    socket.data = { name: 'somebody' };
  }

  @SubscribeMessage('say')
  say(_client: Socket, text: string): { event: string; data: string } {
    return { event: 'said', data: text };
  }
}

@WebSocketGateway({ namespace: '/news' })
class NewsGateway {}

@WebSocketGateway({ namespace: /^\/room-\d+$/ })
class RoomsGateway {}

export const chatGateways = [ChatGateway, NewsGateway, RoomsGateway];
