//! Financial objects (protocol reference, objects §8.3).

use crate::objects::data_object::data_object;
use crate::objects::field::plain_field;
use crate::text_enum::text_enum;

text_enum! {
    /// Direction of a transaction.
    BaseType {
        /// Money in.
        Credit = "CREDIT",
        /// Money out.
        Debit = "DEBIT",
    }
}

text_enum! {
    /// Kind of a transaction's category.
    CategoryType {
        /// Money spent.
        Expense = "EXPENSE",
        /// Money earned.
        Income = "INCOME",
        /// Money moved.
        Transfer = "TRANSFER",
        /// Pay that comes later.
        DeferredCompensation = "DEFERRED_COMPENSATION",
        /// Not sorted.
        Uncategorized = "UNCATEGORIZED",
    }
}

text_enum! {
    /// State of a transaction.
    TransactionStatus {
        /// Booked.
        Posted = "POSTED",
        /// Under way.
        Pending = "PENDING",
        /// Planned.
        Scheduled = "SCHEDULED",
        /// Failed.
        Failed = "FAILED",
    }
}

plain_field!(BaseType, CategoryType, TransactionStatus);

data_object! {
    /// A transaction.
    Transaction(201) {
        /// When it was booked, in **milliseconds** since 1970.
        post_date = "postdate": i64,
        /// When it was made, in **milliseconds** since 1970.
        transaction_date = "transactiondate": i64,
        /// Amount; the direction is in `base_type`.
        amount = "amount": f64,
        /// Currency of the amount, such as `EUR`.
        currency = "currency": String,
        /// Direction.
        base_type = "basetype": BaseType,
        /// Such as `PURCHASE`.
        kind = "type": String,
        /// Finer than `kind`.
        subtype = "subtype": String,
        /// Category, such as `Groceries`.
        category = "category": String,
        /// Id of the category, such as 10.
        category_id = "categoryid": i64,
        /// `SYSTEM` or `USER`: who sorted it.
        category_source = "categorysource": String,
        /// Kind of the category.
        category_type = "categorytype": CategoryType,
        /// Id of the category above.
        high_level_category_id = "highlevelcategoryid": i64,
        /// State.
        status = "status": TransactionStatus,
        /// Whether the user entered it.
        is_manual = "ismanual": bool,
        /// Number of the cheque.
        check_number = "checknumber": String,
        /// Reference of the user.
        consumer_ref = "consumerref": String,
        /// Reference as it came.
        original_ref = "originalref": String,
        /// Reference to read.
        simple_ref = "simpleref": String,
        /// Id of the merchant.
        merchant_id = "merchantid": String,
        /// Name of the merchant.
        merchant_name = "merchantname": String,
        /// Address of the merchant.
        merchant_address1 = "merchantaddress1": String,
        /// Second line of it.
        merchant_address2 = "merchantaddress2": String,
        /// City of the merchant.
        merchant_city = "merchantcity": String,
        /// State of the merchant.
        merchant_state = "merchantstate": String,
        /// Postal code of the merchant.
        merchant_zip = "merchantzip": String,
        /// Country of the merchant.
        merchant_country = "merchantcountry": String,
        /// Balance afterwards.
        running_balance = "runningbalance": f64,
        /// Currency of the balance.
        running_balance_currency = "runningbalancecurrency": String,
    }
}
