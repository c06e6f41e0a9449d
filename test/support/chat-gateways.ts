import { SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { Namespace, Socket } from 'socket.io';

/** Namespaces of an application's own: a chat, news, and rooms that come into being when they are asked for. */
@WebSocketGateway({ namespace: '/chat' })
export class ChatGateway {
  /** As applications do that look their users up, and put nothing but them on the socket. */
  replacesData = false;

  @WebSocketServer()
  private readonly chat!: Namespace;

  /** To everybody who is in the chat. */
  announce(text: string): void {
    this.chat.emit('announced', text);
  }

  /** As an application does whose bus is there only after its start. */
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
