"""Event data of the SIMs that a telephone knows.

They carry no account of Telegram and no session: the system knows none. They answer
which numbers could receive a login code by SMS or call.
"""

from telegram_forensics.parsers import event_data


class AndroidSIMSubscriptionEventData(event_data.TelegramEventData):
    """Android SIM subscription event data: a row of Android's list of SIMs.

    Attributes:
      card_identifier (str): number or identifier that Android gave the card.
      carrier_identifier (str): number of the carrier in Android's list.
      carrier_name (str): name of the carrier.
      country_code (str): ISO code of the carrier's country.
      icc_identifier (str): number of the card (ICCID), as stored.
      imsi_identifier (str): identifier of the subscriber (IMSI), as stored.
      is_embedded (bool): True for an eSIM.
      mobile_country_code (str): MCC, as stored.
      mobile_network_code (str): MNC, as stored.
      phone_number (str): telephone number that the card or the user gave.
      phone_number_of_carrier (str): telephone number that an application of the
          carrier gave.
      phone_number_of_network (str): telephone number that the network gave (IMS).
      record_state (str): "overwritten" or "removed" for a row that the database has
          replaced or removed, None for one that counts.
      record_table (str): table of the database that holds the record.
      row_identifier (str): number of the row in that table.
      sim_slot (int): slot in which the SIM lies, counted from 0; -1 if it is not in
          the telephone.
      subscription_name (str): name that the user or the carrier gave it.
      subscription_type (int): 0 for a SIM of the telephone, 1 for a remote one.
    """

    DATA_TYPE = "android:sim:subscription"

    card_identifier = None
    carrier_identifier = None
    carrier_name = None
    country_code = None
    icc_identifier = None
    imsi_identifier = None
    is_embedded = None
    mobile_country_code = None
    mobile_network_code = None
    phone_number = None
    phone_number_of_carrier = None
    phone_number_of_network = None
    record_state = None
    record_table = None
    row_identifier = None
    sim_slot = None
    subscription_name = None
    subscription_type = None

    def __init__(self):
        """Initializes event data."""
        super().__init__(data_type=self.DATA_TYPE)


EVENT_DATA_CLASSES = (AndroidSIMSubscriptionEventData,)
