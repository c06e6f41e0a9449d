import { connectMevetoLogout } from 'nestjs-meveto-logout/client';

export const connect: (...given: never[]) => unknown = connectMevetoLogout;
