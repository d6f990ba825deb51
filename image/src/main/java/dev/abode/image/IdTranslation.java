package dev.abode.image;

/**
 * How owners are renamed on the way between a tar and a tree. A tree that is reached through a user
 * namespace's map shows other numbers than the ones its inhabitants know.
 */
public interface IdTranslation {
  /** The user that {@code uid} becomes. */
  long uid(long uid);

  /** The group that {@code gid} becomes. */
  long gid(long gid);

  /** Everybody stays who they are. */
  IdTranslation NONE =
      new IdTranslation() {
        @Override
        public long uid(long uid) {
          return uid;
        }

        @Override
        public long gid(long gid) {
          return gid;
        }
      };

  /** Everything belongs to one user and group. */
  static IdTranslation all(long uid, long gid) {
    return new IdTranslation() {
      @Override
      public long uid(long ignored) {
        return uid;
      }

      @Override
      public long gid(long ignored) {
        return gid;
      }
    };
  }

  /** Adds {@code offset}, which may be negative, to every id. */
  static IdTranslation shift(long offset) {
    return new IdTranslation() {
      @Override
      public long uid(long uid) {
        return uid + offset;
      }

      @Override
      public long gid(long gid) {
        return gid + offset;
      }
    };
  }
}
