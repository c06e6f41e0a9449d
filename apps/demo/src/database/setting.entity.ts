import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A value that all replicas share and that survives restarts. */
@Entity('settings')
export class Setting {
  @PrimaryColumn({ type: 'varchar', length: 64 })
  key!: string;

  @Column({ type: 'varchar', length: 255 })
  value!: string;
}
