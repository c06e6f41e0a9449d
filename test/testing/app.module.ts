import {
  Body,
  Controller,
  Get,
  Inject,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  Post,
  Req,
} from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import session from 'express-session';
import {
  expressSession,
  jwtSession,
  MevetoLogoutModule,
  MevetoLogoutService,
  SkipMevetoLogout,
} from 'nestjs-meveto-logout';

interface ShopRequest {
  readonly session: { userId?: string; signedInAt?: number };
}

const sessions = session({ secret: 'a-secret-of-the-shop', resave: false, saveUninitialized: false });
const jwtService = new JwtService({ secret: 'the-shop-signs-tokens-with-this-secret' });

@Controller()
class ShopController {
  constructor(@Inject(MevetoLogoutService) private readonly mevetoLogout: MevetoLogoutService) {}

  /** Begins a session, and returns an access token. */
  @Post('login')
  @SkipMevetoLogout()
  async login(@Body() { userId }: { userId: string }, @Req() request: ShopRequest) {
    const { signedInAt, claims } = await this.mevetoLogout.recordLogin(userId);
    Object.assign(request.session, { userId, signedInAt });
    return { token: jwtService.sign({ sub: userId, ...claims }) };
  }

  @Get('profile')
  profile() {
    return 'profile';
  }

  @Get('open')
  @SkipMevetoLogout()
  open() {
    return 'open';
  }
}

/** An application with the options of production: the kit replaces the store, the credentials and Meveto's address. */
@Module({
  imports: [
    MevetoLogoutModule.forRootAsync({
      useFactory: () => ({
        clientId: 'shop',
        clientSecret: 'the-secret-of-production',
        store: {
          create: () => {
            throw new Error('A test must not open the database of production.');
          },
        },
        session: [expressSession({ middleware: sessions }), jwtSession({ jwtService })],
        webhook: { secretPath: 'a-secret-path-of-24-chars', allowFrom: ['192.0.2.1'] },
      }),
    }),
  ],
  controllers: [ShopController],
})
export class AppModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(sessions).forRoutes('*path');
  }
}
